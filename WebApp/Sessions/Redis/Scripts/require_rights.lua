-- Raises the version of rights that present and coming sessions need.
-- KEYS: index, rights. ARGV: not-after, user id, now, prefix of records' keys, version, it as bytes, its time to live.
-- Answers Yes, No if the version could not be written, or TooLate.
local now, required = tonumber(ARGV[3]), tonumber(ARGV[5])
if clock() > not_after then return $TooLate end

local reply = $Yes
if tonumber(redis.call('GET', KEYS[2]) or '0') < required then
  -- The removal comes first for the sake of full memory, as in bury.
  redis.call('DEL', KEYS[2])
  if redis.pcall('SET', KEYS[2], ARGV[5], 'PX', ARGV[7]).err then reply = $No end
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = key_of(ARGV[4], id)
  local record = get(key)
  if live(record, ARGV[2], now) and version(record, $RequiredRightsAt) < required then
    overwrite(key, record, $RequiredRightsAt, ARGV[6])
  end
end
return reply
