-- Says of earlier lineages how far the tag's data has them, now that what was missing is repeated.
-- KEYS: mark. ARGV: not-after, run and lineage of the mark that was repeated for, the others' lineages and places.
-- Answers Yes; No if it is another mark by now; or TooLate.
local mark = redis.call('GET', KEYS[1])
if clock() > not_after then return $TooLate end
local head = $RunSize + $LineageSize
if not mark or string.sub(mark, 1, head) ~= ARGV[2] then return $No end
if string.sub(mark, 1, $RunSize) ~= run_of_server() then return $No end

touch_nothing('us:' .. tag)
redis.call('SET', KEYS[1], string.sub(mark, 1, head + $TimeSize) .. ARGV[3])
return $Yes
