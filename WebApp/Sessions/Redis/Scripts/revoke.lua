-- Turns a live session into a tombstone.
-- KEYS: record, index. ARGV: not-after, user id, now, id, revocation. Answers Yes, No or TooLate.
local now = tonumber(ARGV[3])
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not record then return $No end

-- Only the index can tell whose an unreadable record is.
local ours = live(record, ARGV[2], now) or (not readable(record) and redis.call('ZSCORE', KEYS[2], ARGV[4]))
if not ours then return $No end

bury(KEYS[2], KEYS[1], ARGV[4], record, ARGV[5], now)
return $Yes
