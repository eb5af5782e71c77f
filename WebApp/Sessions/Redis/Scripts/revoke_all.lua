-- Turns a user's live sessions into tombstones, and refuses sign-ins under way.
-- KEYS: index, generation.
-- ARGV: not-after, user id, now, prefix of records' keys, id to spare or nothing, revocation, next generation or
--   nothing (leaves it), its time to live, the latest "created" that is concerned or nothing (all).
-- Answers a list: Yes (No if the generation could not be written) and the ids of the sessions ended; or TooLate alone.
local now, created_until = tonumber(ARGV[3]), tonumber(ARGV[9])
if clock() > not_after then return { $TooLate } end

local reply = { $Yes }
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = key_of(ARGV[4], id)
  local record = get(key)
  local concerned = id ~= ARGV[5] and record and (not readable(record)
    or (live(record, ARGV[2], now) and (not created_until or number(record, $CreatedAt) <= created_until)))
  if concerned then
    bury(KEYS[1], key, id, record, ARGV[6], now)
    reply[#reply + 1] = id
  end
end

if ARGV[7] ~= '' then
  -- The removal comes first for the sake of full memory, as in bury.
  redis.call('DEL', KEYS[2])
  if redis.pcall('SET', KEYS[2], ARGV[7], 'PX', ARGV[8]).err then reply[1] = $No end
end
return reply
