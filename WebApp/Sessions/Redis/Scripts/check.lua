-- Tries what every change needs: the common part, the clock of Redis, and leave to write. There is nothing under the
-- key, so nothing changes. KEYS: record. ARGV: not-after. Answers Yes or TooLate.
if clock() > not_after then return $TooLate end

touch_nothing(KEYS[1])
return $Yes
