-- Puts back the elements of the key ring that are missing. KEYS: the list.
-- ARGV: not-after (unused: to be late does no harm), the elements. Answers how many were missing.
local present, restored = {}, 0
for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do present[item] = true end
for i = 2, #ARGV do
  if not present[ARGV[i]] then
    redis.call('RPUSH', KEYS[1], ARGV[i])
    restored = restored + 1
  end
end
return restored
