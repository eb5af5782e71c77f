-- Turns a user's live sessions into tombstones, and refuses sign-ins under way.
-- KEYS: index.
-- ARGV: not-after, user id, now, id to spare or nothing, revocation, next generation or nothing (leaves it), the latest
--   "created" that is concerned or nothing (all).
-- Answers a list: Yes (No if the generation could not be written), the change's place or nothing, and the ids of the
-- sessions ended; or TooLate alone.
if clock() > not_after then return { $TooLate } end

local kept, ended = revoke_all(ARGV[2], ARGV[4], tonumber(ARGV[3]), ARGV[5], ARGV[6], tonumber(ARGV[7]))
local reply = { kept and $Yes or $No, kept and count_change() or '' }
for i = 1, #ended do reply[i + 2] = ended[i] end
return reply
