-- Keeps the index over all users up with the records; see RedisIndex.cs. All commands go by pcall: a session must end
-- even if there is no memory to note it.

local bitmap_of_tag = 'ub:' .. tag

local function id_of(key)
  local function byte(digits) return string.char(tonumber(digits, 16)) end
  return (string.gsub(string.sub(key, -2 * $IdSize), '%x%x', byte))
end

local function number_of_list(id)
  return math.floor(string.byte(id, 1) / (256 / $Lists))
end

-- Users are in lists of their own, by the byte of their ids before that of the tag.
local function number_of_users(user)
  return math.floor(string.byte(user, $UserIdSize - 1) / (256 / $Lists))
end

local function list_of(id)
  return string.format('ul:%s%02x', tag, number_of_list(id))
end

-- Collects the bytes that change in a list's part of the bitmap when it has the values of an entry.
local function add_bits(part, cells, entry)
  local function add(at, value)
    local cell = (at - $EntryState) * $BitmapBytesOfPlace + math.floor(value % (8 * $BitmapBytesOfPlace) / 8) + 1
    local old = cells[cell] or string.byte(part, cell) or 0
    local new = bit.bor(old, 2 ^ (value % 8))
    if new ~= old then cells[cell] = new end
  end

  for at = $EntryState, #entry do add(at, string.byte(entry, at)) end
  local browser, system, country, other, method = string.byte(entry, $EntryBrowser, $EntryMethod)
  country = country + other
  add($BrowserAndCountry, browser + country)
  add($SystemAndCountry, system + country)
  add($CountryAndMethod, country + method)
  add($BrowserAndMethod, browser + method)
end

local function enter_bitmap(id, entry)
  local from, cells = number_of_list(id) * $BitmapBytesOfList, {}
  local part = redis.pcall('GETRANGE', bitmap_of_tag, from, from + $BitmapBytesOfList - 1)
  if type(part) ~= 'string' then return end

  add_bits(part, cells, entry)
  for cell, byte in pairs(cells) do redis.pcall('SETRANGE', bitmap_of_tag, from + cell - 1, string.char(byte)) end
end

local function counts_of_mark(mark)
  return 'uc:' .. tag .. mark
end

local function state_of(record)
  if string.byte(record, $StateAt + 1) == $Revoked then
    return string.byte(record, tail_offset(record) + $TimeSize + 1) == $PossibleTheft and $EndedAsTheft or nil
  end

  local reason = string.byte(record, $LockReasonAt + 1)
  return reason == 0 and $Open or reason < $LockReasonOldSecret and $LockedByPerson or $LockedByRule
end

-- The sum of the method's text, which the record has itself, or by its number.
local function method_of(record)
  local at = use_end(record) + 2
  at = at + (string.byte(record, at - 1) or 0)
  local size = string.byte(record, at) or 0
  if size >= $NumberedMethod then return string.byte($MethodSums, size - $NumberedMethod + 1) or 0 end

  local sum = 0
  for i = at + 1, at + size do sum = sum + (string.byte(record, i) or 0) end
  return sum % 256
end

local function address_of(record)
  local address = string.sub(record, $HeaderSize + 2, $HeaderSize + 1 + (string.byte(record, $HeaderSize + 1) or 0))
  if #address ~= 16 then return address end
  -- Format 3 had no other size.
  if address == string.rep('\0', 16) then return '' end
  if string.sub(address, 1, 12) == string.rep('\0', 10) .. '\255\255' then return string.sub(address, 13) end

  local sum = 0
  for i = $AddressBytesOfV6 + 1, 16 do sum = sum + string.byte(address, i) end
  return string.sub(address, 1, $AddressBytesOfV6) .. string.char(sum % 256)
end

-- The entry of a record; nil for one that the index does not list.
local function entry_of(id, record)
  local state = record and readable(record) and state_of(record)
  if not state then return nil end

  local device_and_country = bytes(record, $FamilyAt, 4)
  return id .. string.char(state) .. device_and_country .. string.char(method_of(record)) .. address_of(record)
end

-- Where a session is counted until it ends by itself. The moment is rounded to a sixty-fourth of the idle timeout, so
-- that counts are few, and expire.
local function count_of(entry, record)
  local state, idle = string.byte(entry, $EntryState), number(record, $IdleTimeoutAt)
  local ends = number(record, $AbsoluteDeadlineAt)
  if state ~= $EndedAsTheft then ends = math.min(ends, number(record, $LastSeenAt) + idle) end
  local step = math.max(60000, math.floor(idle / 64))
  return string.format('%d:%.0f', state, math.ceil(ends / step) * step)
end

local function enter_list(id, entry, record)
  local added = redis.pcall('ZADD', list_of(id), number(record, $LastSeenAt), entry)
  if added == 1 then enter_bitmap(id, entry) end
  return added
end

-- The counts of an epoch that is over have been forgotten together; those of theft stay.
local function add_to_count(record, field, by)
  local is_theft = string.byte(field) == string.byte('0') + $EndedAsTheft
  local counts = counts_of_mark(is_theft and $Theft or epoch_mark(record))
  if by < 0 and redis.pcall('HEXISTS', counts, field) ~= 1 then return end
  local left = redis.pcall('HINCRBY', counts, field, by)
  if by < 0 and type(left) == 'number' and left <= 0 then redis.pcall('HDEL', counts, field) end
end

-- Keeps the index up with a record that was changed; nil stands for none. A session that had no entry was not counted.
local function note(id, before, after)
  local old, new = entry_of(id, before), entry_of(id, after)
  local was = false
  if old and old ~= new then was = redis.pcall('ZREM', list_of(id), old) == 1 end
  if new then
    local added = enter_list(id, new, after)
    if old == new then was = added == 0 end
  end

  local from, to = was and count_of(old, before) or nil, new and count_of(new, after) or nil
  if from == to and (not from or epoch_mark(before) == epoch_mark(after)) then return end
  if from then add_to_count(before, from, -1) end
  if to then add_to_count(after, to, 1) end
end
