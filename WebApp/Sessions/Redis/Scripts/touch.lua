-- Records use.
-- KEYS: record, index. ARGV: not-after, user id, now, id, seen at, the use as bytes.
-- Answers Yes, the record and the epoch; or No or TooLate alone.
-- The answer may be remembered, so without the epoch it is No.
local now, seen = tonumber(ARGV[3]), tonumber(ARGV[5])
local record = get(KEYS[1])
if clock() > not_after then return { $TooLate } end
if not epoch or not live(record, ARGV[2], now) or number(record, $LastSeenAt) >= seen then return { $No } end

local ends = math.min(seen + number(record, $IdleTimeoutAt), number(record, $AbsoluteDeadlineAt))
local ttl = ends - now + $Grace
-- First the write that needs no memory: a session in use must not go idle because memory is full.
redis.call('PEXPIRE', KEYS[1], ttl)
local touched = replace(KEYS[1], record, $FamilyAt, use_end(record), ARGV[6])
enter(KEYS[2], ARGV[2], ARGV[4], ttl)
note(ARGV[4], record, touched)
return { $Yes, touched, epoch }
