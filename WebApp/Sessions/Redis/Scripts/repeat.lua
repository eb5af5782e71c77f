-- Repeats changes of a tag's users that are journalled.
-- KEYS: any key of the tag. ARGV: not-after, now, and a change each: what (1), user id (16), id or zeros (16), and
--   revoke: the revocation; lock: it as bytes; rights: the version as bytes; revoke all: the latest "created" that is
--   concerned (6), the size of the next generation (1), that, and the revocation.
-- Answers a list: Yes (No if something could not be written), and the place of all or nothing; or TooLate alone.
local now = tonumber(ARGV[2])
if clock() > not_after then return { $TooLate } end

touch_nothing('us:' .. tag)
local keys = {}
for i = 3, #ARGV do keys[i - 2] = key_of('us:' .. tag, string.sub(ARGV[i], 18, 33)) end
-- Most of the sessions have gone: all are asked for at once.
local records = redis.call('MGET', unpack(keys))

local kept = true
for i = 3, #ARGV do
  local what, user, id = string.byte(ARGV[i]), string.sub(ARGV[i], 2, 17), string.sub(ARGV[i], 18, 33)
  if what == $RepeatRevoke then
    if records[i - 2] then revoke(user, id, now, string.sub(ARGV[i], 34)) end
  elseif what == $RepeatLock then
    if records[i - 2] then lock(user, id, now, string.sub(ARGV[i], 34)) end
  elseif what == $RepeatRights then
    kept = require_rights(user, now, string.sub(ARGV[i], 34)) and kept
  else
    local size = string.byte(ARGV[i], 40)
    local generation, revocation = string.sub(ARGV[i], 41, 40 + size), string.sub(ARGV[i], 41 + size)
    kept = revoke_all(user, id, now, revocation, generation, number(ARGV[i], 33)) and kept
  end
end
return { kept and $Yes or $No, kept and count_change() or '' }
