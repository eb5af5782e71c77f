-- Puts a list and its part of the bitmap right: each entry says what its record says, or goes. A session that was ended
-- with everyone's becomes a tombstone. Tidies up the indexes of a list of users, too.
-- KEYS: any key of the tag. ARGV: not-after, the list, now.
-- Answers Yes; NoEpoch if the tag must be told first, for the tombstones; or TooLate.
if clock() > not_after then return $TooLate end

local key = string.format('ul:%s%02x', tag, tonumber(ARGV[2]))
for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do
  local id = string.sub(entry, 1, $IdSize)
  local record = get(key_of('us:' .. tag, id))
  local right = entry_of(id, record)
  if right ~= entry then redis.call('ZREM', key, entry) end
  if right and is_past(record) then
    put_away(id, record, tonumber(ARGV[3]))
  elseif right and right ~= entry and enter_list(id, right, record) == 1 then
    add_to_count(record, count_of(right, record), 1)
  end
end

-- Bits that no entry has any more go, and the bitmap with the last of them.
local bitmap = redis.call('GET', bitmap_of_tag)
if bitmap then
  local cells, from = {}, tonumber(ARGV[2]) * $BitmapBytesOfList
  for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do add_bits('', cells, entry) end
  for cell = 1, $BitmapBytesOfList do cells[cell] = string.char(cells[cell] or 0) end
  local part = table.concat(cells)
  if part ~= string.sub(bitmap, from + 1, from + #part) then redis.call('SETRANGE', bitmap_of_tag, from, part) end
  if not string.find(redis.call('GET', bitmap_of_tag), '[^%z]') then redis.call('DEL', bitmap_of_tag) end
end

-- An index goes with its last entry, and what is kept for sign-ins under way with the entry that bears its name.
local users = users_to_tidy(tonumber(ARGV[2]))
local due = math.floor(clock() / 60000)
for _, user in ipairs(redis.call('ZRANGEBYSCORE', users, '-inf', due, 'LIMIT', 0, $UsersAtOnce)) do
  local index = key_of('uu:' .. tag, user)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', clock() - $Grace)
  if not redis.call('ZSCORE', index, $GenerationEntry) then redis.call('DEL', key_of('ug:' .. tag, user)) end
  if not redis.call('ZSCORE', index, $RightsEntry) then redis.call('DEL', key_of('ur:' .. tag, user)) end
  redis.call('ZREM', users, user)
  local last = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2]
  if last then tidy_later(user, tonumber(last)) end
end
return epoch and $Yes or $NoEpoch
