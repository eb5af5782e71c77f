-- Locks a live session, unless identity was proved since.
-- KEYS: record. ARGV: not-after, user id, now, id, lock as bytes.
-- Answers a list: Yes or No, and the change's place or nothing; or TooLate alone.
if clock() > not_after then return { $TooLate } end

local locked = lock(ARGV[2], ARGV[4], tonumber(ARGV[3]), ARGV[5])
return { locked and $Yes or $No, count_change() }
