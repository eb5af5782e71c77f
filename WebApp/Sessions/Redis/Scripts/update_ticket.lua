-- Replaces the ticket.
-- KEYS: record. ARGV: not-after, user id, now, rights, ticket. Answers Yes, No or TooLate.
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not live(record, ARGV[2], tonumber(ARGV[3])) then return $No end

touch_nothing(KEYS[1])
local kept = string.sub(record, 1, $RightsAt) .. ARGV[4]
  .. string.sub(record, $RightsAt + $RightsSize + 1, tail_offset(record))
redis.call('SET', KEYS[1], kept .. ARGV[5], 'XX', 'KEEPTTL')
return $Yes
