-- How a counter is read and written; see RedisCounters.cs. ARGV[1] is the not-after time in Redis' clock, ARGV[2] the
-- app's clock, in microseconds.
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[1]) then return $TooLate end
local now = tonumber(ARGV[2])

local function empty_at(key)
  return math.max(tonumber(redis.call('GET', key) or '0'), now)
end

local function wait(key, interval, window)
  if interval == 0 then return 0 end
  return math.max(empty_at(key) + interval - window - now, 0)
end

local function keep(key, interval, window)
  local at = math.min(empty_at(key) + interval, now + 2 * window)
  redis.call('SET', key, string.format('%.0f', at), 'PX', math.ceil((at - now) / 1000))
end
