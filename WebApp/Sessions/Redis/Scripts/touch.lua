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
-- The time of a use is no news. Its place and browser are: an instance that remembers the session compares the next use
-- with them.
local function place(use)
  return string.sub(use, 1, $LastSeenAt - $FamilyAt) .. string.sub(use, $LastSeenAt - $FamilyAt + $TimeSize + 1)
end
if place(bytes(record, $FamilyAt, use_end(record) - $FamilyAt)) ~= place(ARGV[6]) then tell() end

local touched = replace(KEYS[1], record, $FamilyAt, use_end(record), ARGV[6])
enter(KEYS[2], ARGV[4], ttl)
note(ARGV[4], record, touched)
return { $Yes, touched, epoch }
