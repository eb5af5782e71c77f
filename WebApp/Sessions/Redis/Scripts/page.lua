-- Finds the first entries of a tag that fit.
-- KEYS: any key of the tag.
-- ARGV: not-after (unused: a read), highest score, the id before which it begins at that score or nothing, lowest
--   score, how many, checks (threes of bytes: where, from, to), length or 0 (any), the pattern to go through all by or
--   nothing, the only list or nothing, checks for the bitmap.
-- Answers entry, score, entry, score, ..., best first.
local tag, max, before = string.sub(KEYS[1], 4, 9), tonumber(ARGV[2]), ARGV[3]
local low, count = tonumber(ARGV[4]), tonumber(ARGV[5])
local checks, length, pattern, only = ARGV[6], tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
local sought = ARGV[10]
local bitmap = sought ~= '' and redis.call('GET', 'ub:' .. tag)
-- Redis gets text: it would have to write a number anew in each call.
local max_text, low_text, step = ARGV[2], ARGV[4], math.max(8, count)
local step_text = tostring(step)
local found = {}

-- The operator < goes by the server's language.
local function is_lower(one, other)
  for i = 1, $IdSize do
    local a, b = string.byte(one, i), string.byte(other, i)
    if a ~= b then return a < b end
  end
  return false
end

local function fits(entry)
  if length ~= 0 and #entry ~= length then return false end
  for i = 1, #checks, 3 do
    local at, from, to = string.byte(checks, i, i + 2)
    local value = string.byte(entry, at)
    if not value or value < from or value > to then return false end
  end
  return true
end

local function is_behind(known, entry, score)
  return known.score < score or (known.score == score and is_lower(known.entry, entry))
end

local function offer(entry, score)
  if score > max or score < low or not fits(entry) then return end
  if score == max and before ~= '' and not is_lower(entry, before) then return end

  local place = #found + 1
  while place > 1 and is_behind(found[place - 1], entry, score) do place = place - 1 end
  if place > count then return end

  table.insert(found, place, { entry = entry, score = score })
  found[count + 1] = nil
  -- Entries behind them all need not be read.
  if #found == count and found[count].score > low then
    low = found[count].score
    low_text = string.format('%.0f', low)
  end
end

local function offer_all(part)
  for i = 1, #part, 2 do offer(part[i], tonumber(part[i + 1])) end
end

local function has_one_of(list, at, from, to)
  local before = list * $BitmapBytesOfList + (at - $EntryState) * $BitmapBytesOfPlace + 1
  for value = from, to do
    local cell = string.byte(bitmap, before + math.floor(value % (8 * $BitmapBytesOfPlace) / 8))
    if cell and bit.band(cell, 2 ^ (value % 8)) ~= 0 then return true end
  end
  return false
end

local function may_have(list)
  if bitmap then
    for i = 1, #sought, 3 do
      if not has_one_of(list, string.byte(sought, i, i + 2)) then return false end
    end
  end
  return true
end

for list = only or 0, only or $Lists - 1 do
  local key = string.format('ul:%s%02x', tag, list)
  if not may_have(list) then
    -- On to the next one.
  elseif pattern == '' then
    local part = redis.call('ZREVRANGEBYSCORE', key, max_text, low_text, 'WITHSCORES', 'LIMIT', '0', step_text)
    local at = step
    offer_all(part)
    while #part == 2 * step do
      part = redis.call('ZREVRANGEBYSCORE', key, max_text, low_text, 'WITHSCORES', 'LIMIT', at, step_text)
      at = at + step
      offer_all(part)
    end
  else
    local cursor, reply = '0'
    repeat
      reply = redis.call('ZSCAN', key, cursor, 'MATCH', pattern, 'COUNT', '1000')
      cursor = reply[1]
      offer_all(reply[2])
    until cursor == '0'
  end
end

local reply = {}
for i = 1, #found do
  reply[2 * i - 1] = found[i].entry
  reply[2 * i] = string.format('%.0f', found[i].score)
end
return reply
