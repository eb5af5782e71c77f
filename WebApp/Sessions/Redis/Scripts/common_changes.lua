-- How a record is buried.

-- The index outlives every record that it names.
local function enter(index, id, ttl)
  redis.call('ZADD', index, clock() + ttl, id)
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl) end
end

-- Ends a session, and answers the tombstone. The removal comes first: after a first write that needs no memory, Redis
-- lets a script finish even at its memory limit. If Redis refuses the tombstone all the same, the session is gone
-- without one. So is a record of an unknown version.
local function bury(index, key, id, record, revocation, now)
  redis.call('DEL', key)
  if readable(record) then
    local ttl = number(record, $AbsoluteDeadlineAt) - now + $Grace
    local tombstone = string.sub(record, 1, $StateAt) .. string.char($Revoked)
      .. string.sub(record, $StateAt + 2, tail_offset(record)) .. revocation
    if not redis.pcall('SET', key, tombstone, 'PX', ttl).err then
      enter(index, id, ttl)
      note(id, record, tombstone)
      return tombstone
    end
    note(id, record, nil)
  end
  redis.call('ZREM', index, id)
end

-- Makes a tombstone of a session that was ended with everyone's, and answers it. One that had ended by itself before
-- that has none.
local function put_away(id, record, now)
  if #epoch <= $EpochTimeAt or not ends_after(record, number(epoch, $EpochTimeAt)) then return end

  local reference = string.match(epoch, '^[^%z]*', $EpochReferenceAt + 1)
  local revocation = bytes(epoch, $EpochTimeAt, $EpochReferenceAt - $EpochTimeAt)
    .. string.char(reference == '' and 0 or 1) .. string.rep('\0', $RevocationSize - $RefusedAt) .. reference
  local index = key_of('uu:' .. tag, bytes(record, $UserIdAt, $UserIdSize))
  return bury(index, key_of('us:' .. tag, id), id, record, revocation, now)
end
