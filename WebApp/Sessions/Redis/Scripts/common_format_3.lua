-- Records of format 3, whose layout stands at the head of RedisRecordFormat3.cs. They are turned into format 4 in a
-- script's memory alone.

local function is_format_3(record)
  return record and #record >= $Format3MinSize and string.byte(record, 1) == $Format3Version
end

local function from_format_3(record)
  local function part(offset, size) return string.sub(record, offset + 1, offset + size) end
  local function time(offset) return part(offset + 2, 6) end
  local function address(offset) return '\16' .. part(offset, 16) end

  local tail_at, agent_size = struct.unpack('>I2I2', record, 202)
  -- A control character stands for a fragment unless it is marked.
  local agent = string.gsub(part(205, agent_size), '[%z\1-\31]', '\0%0')
  local begun = address(184) .. part(205 + agent_size, tail_at - 205 - agent_size) .. agent
  local addresses = address(42) .. address(60) .. time(76)
  local tail = string.sub(record, tail_at + 1)
  if string.byte(record, 2) == $Revoked then
    tail = string.sub(tail, 3, 12) .. string.sub(tail, 15)
  end
  return string.char($FormatVersion) .. part(1, 25) .. time(26) .. time(128) .. time(136) .. time(144)
    .. part(152, 16) .. part(200, 1) .. struct.pack('>I2', #begun)
    .. part(127, 1) .. part(86, 16) .. time(102) .. time(110) .. time(118) .. part(126, 1)
    .. part(84, 2) .. part(58, 2) .. time(34) .. string.char(#addresses) .. addresses .. begun .. tail
end
