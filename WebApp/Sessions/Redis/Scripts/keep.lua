-- Keeps a user's value for a while; see RedisShortTermStore.cs. What is kept under the id already stays.
-- KEYS: the user's. ARGV: not-after, now, until, id, content. Answers the content that is kept, or TooLate.
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[1]) then return $TooLate end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(member, 1, $IdSize) == ARGV[4] then return string.sub(member, $IdSize + 1) end
end

redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4] .. ARGV[5])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - $Most)
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], last[2] - ARGV[2] + $Grace)
return ARGV[5]
