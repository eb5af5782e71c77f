-- Brings the absolute deadline nearer.
-- KEYS: record. ARGV: not-after, user id, now, absolute deadline, it as bytes. Answers Yes, No or TooLate.
local now, deadline = tonumber(ARGV[3]), tonumber(ARGV[4])
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not live(record, ARGV[2], now) or number(record, $AbsoluteDeadlineAt) <= deadline then return $No end

redis.call('PEXPIRE', KEYS[1], math.min(redis.call('PTTL', KEYS[1]), math.max(deadline - now, 0) + $Grace))
note(id_of(KEYS[1]), record, replace(KEYS[1], record, $AbsoluteDeadlineAt, $AbsoluteDeadlineAt + $TimeSize, ARGV[5]))
return $Yes
