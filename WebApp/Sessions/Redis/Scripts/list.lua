-- Lists a user's sessions, and removes ids without a record.
-- KEYS: index. ARGV: not-after (unused: a read), prefix of records' keys.
-- Answers the epoch or nothing, id, record, id, record, ...
local reply = { epoch or '' }
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local record = redis.call('GET', key_of(ARGV[2], id))
  if record then
    reply[#reply + 1] = id
    reply[#reply + 1] = record
  elseif id ~= $GenerationEntry and id ~= $RightsEntry then
    redis.call('ZREM', KEYS[1], id)
  end
end
return reply
