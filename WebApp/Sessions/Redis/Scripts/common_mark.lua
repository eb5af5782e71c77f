-- The mark of a hash tag: how far its data has what is journalled; see RedisMark.cs.

-- Names the server's run, in which its data never goes back: a restart, a promotion and a full resynchronisation each
-- begin another one.
local function run_of_server()
  local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or ''
  return string.sub(id .. string.rep('-', $RunSize), 1, $RunSize)
end

-- Counts a change that is journalled, and answers its place. Nothing if the mark is missing, or of another run: then
-- the data may have gone back, and a place would claim what came before it, too.
local function count_change()
  local key = 'uj:' .. tag
  local mark = redis.call('GET', key)
  if not mark or string.sub(mark, 1, $RunSize) ~= run_of_server() then return '' end

  local place = struct.pack('>I6', number(mark, $RunSize + $LineageSize) + 1)
  -- There is nothing under this key. Full memory must not stop what takes something away.
  touch_nothing('us:' .. tag)
  redis.call('SETRANGE', key, $RunSize + $LineageSize, place)
  return bytes(mark, $RunSize, $LineageSize) .. place
end
