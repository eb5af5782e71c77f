-- Begins a lineage of places if the tag's mark is missing or of another run, or in any case.
-- KEYS: mark. ARGV: not-after, the lineage that begins, whether in any case (1).
-- Answers the mark; or nothing if it is too late.
local mark, run = redis.call('GET', KEYS[1]), run_of_server()
if clock() > not_after then return '' end

if not mark or string.sub(mark, 1, $RunSize) ~= run or ARGV[3] == '1' then
  -- What the data has of earlier lineages stays true.
  mark = run .. ARGV[2] .. struct.pack('>I6', 0) .. (mark and string.sub(mark, $RunSize + 1) or '')
  touch_nothing('us:' .. tag)
  redis.call('SET', KEYS[1], mark)
end
return mark
