-- KEYS: failed proofs, the act. ARGV: not-after, now, interval and window of each.
-- Answers the wait: 0 when a permit was taken.
local left = wait(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
if left == 0 then left = wait(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6])) end
if left == 0 and tonumber(ARGV[5]) > 0 then keep(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6])) end
return left
