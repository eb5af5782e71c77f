-- Adds a session, within the limits for its user.
-- KEYS: record, index, generation, rights.
-- ARGV: not-after, user id, now, id, expected generation, record, time to live, prefix of records' keys,
--   limit (0: none), revocation of those over the limit or nothing (ends none), most tombstones, expected epoch.
-- Answers a list: Yes and the ids of the sessions ended; or No, Full, NoEpoch or TooLate alone.
local now, ttl, limit = tonumber(ARGV[3]), tonumber(ARGV[7]), tonumber(ARGV[9])
if clock() > not_after then return { $TooLate } end
if not epoch then return { $NoEpoch } end
local expected = struct.unpack('>I4', epoch) == tonumber(ARGV[12]) and (redis.call('GET', KEYS[3]) or '0') == ARGV[5]
-- An id is taken but once, even if its record was evicted.
if not expected or redis.call('EXISTS', KEYS[1]) == 1 or redis.call('ZSCORE', KEYS[2], ARGV[4]) then return { $No } end

local reply = { $Yes }
if ttl <= 0 then return reply end

-- While all sessions in the index are within both limits, none is over one.
if limit > 0 and redis.call('ZCARD', KEYS[2]) >= math.min(limit, tonumber(ARGV[11])) then
  local present, buried = {}, {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local key = key_of(ARGV[8], id)
    local record = get(key)
    if live(record, ARGV[2], now) then
      present[#present + 1] = { id = id, key = key, record = record, at = number(record, $LastSeenAt) }
    elseif record and readable(record) and string.byte(record, $StateAt + 1) == $Revoked then
      buried[#buried + 1] = { id = id, key = key, record = record, at = number(record, tail_offset(record)) }
    end
  end

  if ARGV[10] == '' and #present >= limit then return { $Full } end

  local function earlier(one, other) return one.at < other.at end
  table.sort(present, earlier)
  for i = 1, #present + 1 - limit do
    bury(KEYS[2], present[i].key, present[i].id, present[i].record, ARGV[10], now)
    reply[#reply + 1] = present[i].id
  end

  table.sort(buried, earlier)
  for i = 1, #buried + #reply - 1 - tonumber(ARGV[11]) do
    if buried[i] then
      redis.call('DEL', buried[i].key)
      redis.call('ZREM', KEYS[2], buried[i].id)
      note(buried[i].id, buried[i].record, nil)
    end
  end
end

-- The principal was made moments ago. If the rights have changed since, the session's first request makes it anew.
local required = redis.call('GET', KEYS[4])
local record = ARGV[6]
if required then
  record = string.sub(record, 1, $RequiredRightsAt) .. struct.pack('>i4', tonumber(required))
    .. string.sub(record, $RequiredRightsAt + $RightsSize + 1)
end

enter(KEYS[2], ARGV[2], ARGV[4], ttl)
redis.call('SET', KEYS[1], record, 'PX', ttl)
note(ARGV[4], nil, record)
-- Last, so that full memory still refuses the writes above.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', clock())
return reply
