-- What takes something away; each may be repeated.

-- Ends a session; answers whether it was there, and how long it or its tombstone could have gone unused.
local function revoke(user, id, now, revocation)
  local index, key = key_of('uu:' .. tag, user), key_of('us:' .. tag, id)
  local record = get(key)
  if not record then return false end

  local idle = readable(record) and bytes(record, $UserIdAt, $UserIdSize) == user and number(record, $IdleTimeoutAt)
  if live(record, user, now) then
    bury(index, key, id, record, revocation, now)
    return true, idle
  end

  -- Only the index can tell whose an unreadable record is.
  if not readable(record) and redis.call('ZSCORE', index, id) then
    bury(index, key, id, record, revocation, now)
    return true
  end

  return false, idle and string.byte(record, $StateAt + 1) == $Revoked and idle
end

-- Keeps a value of the user's for sign-ins under way; answers whether there was memory for it. The removal comes first
-- for the sake of full memory, as in bury. It has no time to live, or Redis might evict it: the sweeper takes it away.
local function keep_for_sign_ins(user, prefix, name, value)
  local key = key_of(prefix .. tag, user)
  redis.call('DEL', key)
  if redis.pcall('SET', key, value).err then return false end

  enter(key_of('uu:' .. tag, user), user, name, $GenerationLifetime)
  return true
end

-- Ends a user's sessions, but one, and refuses sign-ins under way by the next generation (nothing: leaves it). With the
-- latest "created" that is concerned, later ones stay. Answers whether there was memory for it, and the ids.
local function revoke_all(user, except, now, revocation, generation, created_until)
  local index, ended = key_of('uu:' .. tag, user), {}
  for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local key = key_of('us:' .. tag, id)
    local record = get(key)
    local concerned = id ~= except and record and (not readable(record)
      or (live(record, user, now) and (not created_until or number(record, $CreatedAt) <= created_until)))
    if concerned then
      bury(index, key, id, record, revocation, now)
      ended[#ended + 1] = id
    end
  end

  return generation == '' or keep_for_sign_ins(user, 'ug:', $GenerationEntry, generation), ended
end

-- Locks a live session, unless identity was proved since.
local function lock(user, id, now, lock_bytes)
  local key = key_of('us:' .. tag, id)
  local record = get(key)
  if not live(record, user, now) or string.byte(record, $LockReasonAt + 1) ~= 0
    or number(record, $AuthenticatedAt) > number(lock_bytes, 0) then return false end

  note(id, record, overwrite(key, record, $LockedAt, lock_bytes))
  return true
end

-- Raises the version of rights that present and coming sessions need; answers whether there was memory for it.
local function require_rights(user, now, required_bytes)
  local required, kept = version(required_bytes, 0), true
  if tonumber(redis.call('GET', key_of('ur:' .. tag, user)) or '0') < required then
    kept = keep_for_sign_ins(user, 'ur:', $RightsEntry, string.format('%d', required))
  end
  for _, id in ipairs(redis.call('ZRANGE', key_of('uu:' .. tag, user), 0, -1)) do
    local key = key_of('us:' .. tag, id)
    local record = get(key)
    if live(record, user, now) and version(record, $RequiredRightsAt) < required then
      overwrite(key, record, $RequiredRightsAt, required_bytes)
    end
  end
  return kept
end
