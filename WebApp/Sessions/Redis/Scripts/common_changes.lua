-- How a record is buried.

-- Users whose index the sweeper looks at, by the minute in which there may be something to take out of it.
local function users_to_tidy(number)
  return string.format('ux:%s%02x', tag, number)
end

local function tidy_later(user, ends)
  redis.call('ZADD', users_to_tidy(number_of_users(user)), 'NX', math.floor((ends + $Grace) / 60000) + 1, user)
end

-- The index has no time to live: Redis might evict it, and leave sessions that no revocation finds. The sweeper tidies
-- it up.
local function enter(index, user, id, ttl)
  local ends = clock() + ttl
  redis.call('ZADD', index, ends, id)
  -- One that an earlier version made has a time to live; a union of its own has none.
  if redis.call('PTTL', index) >= 0 then redis.call('ZUNIONSTORE', index, 1, index) end
  tidy_later(user, ends)
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
      enter(index, bytes(record, $UserIdAt, $UserIdSize), id, ttl)
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
