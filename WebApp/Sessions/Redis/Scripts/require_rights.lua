-- Raises the version of rights that present and coming sessions need.
-- KEYS: index. ARGV: not-after, user id, now, version as bytes.
-- Answers a list: Yes (No if the version could not be written), and the change's place or nothing; or TooLate alone.
if clock() > not_after then return { $TooLate } end

local kept = require_rights(ARGV[2], tonumber(ARGV[3]), ARGV[4])
return { kept and $Yes or $No, kept and count_change() or '' }
