-- Turns a live session into a tombstone.
-- KEYS: record. ARGV: not-after, user id, now, id, revocation.
-- Answers a list: Yes or No, the change's place or nothing, and the session's idle timeout (ms; 0: unknown); or TooLate
-- alone.
if clock() > not_after then return { $TooLate } end

local ended, idle = revoke(ARGV[2], ARGV[4], tonumber(ARGV[3]), ARGV[5])
return { ended and $Yes or $No, count_change(), idle or 0 }
