-- Rewrites a part of a live session if another part is as expected.
-- KEYS: record. ARGV: not-after, user id, now, offset and bytes of the expected part, offset and bytes of the new part.
-- Answers Yes, No or TooLate.
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not live(record, ARGV[2], tonumber(ARGV[3])) then return $No end
if bytes(record, tonumber(ARGV[4]), #ARGV[5]) ~= ARGV[5] then return $No end

local at = tonumber(ARGV[6])
local changed = overwrite(KEYS[1], record, at, ARGV[7])
-- The index has lock and family, which stand side by side, but nothing else that can be rewritten.
if at + #ARGV[7] > $LockReasonAt then note(id_of(KEYS[1]), record, changed) end
return $Yes
