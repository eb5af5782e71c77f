-- Tells a hash tag which epoch it is.
-- KEYS: epoch, and the record of a session that is spared or nothing.
-- ARGV: not-after, number, copy, its mark, the mark before.
-- Answers Yes or TooLate.
local record = KEYS[2] and get(KEYS[2])
if clock() > not_after then return $TooLate end
-- An epoch that is known has been told, and the session that it spares has come along.
local known = epoch and struct.unpack('>I4', epoch)
if known and known >= tonumber(ARGV[2]) then return $Yes end

-- No session of another epoch counts: not of the one before, and not of one whose mark comes round again.
local mark_before = known and known % $EpochMarks or tonumber(ARGV[5])
redis.call('DEL', counts_of_mark(mark_before), counts_of_mark(tonumber(ARGV[4])))
-- A session comes along only from the epoch just before: one of an older epoch was over already.
if record and readable(record) and epoch_mark(record) == tonumber(ARGV[5]) then
  local flags = string.byte(record, $FlagsAt + 1) % 2 + 2 * tonumber(ARGV[4])
  local along = overwrite(KEYS[2], record, $FlagsAt, string.char(flags))
  note(id_of(KEYS[2]), record, along)
end
-- The removal comes first for the sake of full memory, as in bury. Without a copy nobody is let in.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[3])
return $Yes
