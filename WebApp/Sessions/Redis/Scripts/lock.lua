-- Locks a live session, unless identity was proved since.
-- KEYS: record. ARGV: not-after, user id, now, locked at, lock as bytes. Answers Yes, No or TooLate.
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not live(record, ARGV[2], tonumber(ARGV[3])) or string.byte(record, $LockReasonAt + 1) ~= 0
  or number(record, $AuthenticatedAt) > tonumber(ARGV[4]) then return $No end

note(id_of(KEYS[1]), record, overwrite(KEYS[1], record, $LockedAt, ARGV[5]))
return $Yes
