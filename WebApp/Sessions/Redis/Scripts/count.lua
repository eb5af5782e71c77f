-- Counts the sessions of a tag, and forgets counts that are long over.
-- KEYS: any key of the tag. ARGV: not-after (unused: the counts are over in any case), now.
-- Answers live, locked and flagged ones.
local tag = string.sub(KEYS[1], 4, 9)
local epoch = redis.call('GET', 'ue:' .. tag)
local mark = epoch and struct.unpack('>I4', epoch) % $EpochMarks or 0
local zero = string.byte('0')
local now, live, locked, flagged = tonumber(ARGV[2]), 0, 0, 0
for _, key in ipairs({ 'uc:' .. tag .. mark, 'uc:' .. tag .. $Theft }) do
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local state = string.byte(all[i]) - zero
    local ends, count = tonumber(string.sub(all[i], 3)), tonumber(all[i + 1])
    if ends > now then
      if state ~= $EndedAsTheft then live = live + count end
      if state == $LockedByPerson or state == $LockedByRule then locked = locked + count end
      if state == $LockedByRule or state == $EndedAsTheft then flagged = flagged + count end
    elseif ends + $KeepCount < now then
      redis.call('HDEL', key, all[i])
    end
  end
end
return { live, locked, flagged }
