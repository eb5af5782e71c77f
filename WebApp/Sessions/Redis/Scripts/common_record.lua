-- How a record is read, when it is live, and how a part of it is replaced.
-- KEYS[1] says which hash tag the script is about; ARGV[1] is the not-after time in Redis' clock.

local not_after = tonumber(ARGV[1])
local tag = string.sub(KEYS[1], 4, 9)
-- The tag's copy; false if it is missing.
local epoch = redis.call('GET', 'ue:' .. tag)

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function number(record, offset)
  return (struct.unpack('>I6', record, offset + 1))
end

local function version(record, offset)
  return (struct.unpack('>i4', record, offset + 1))
end

local function bytes(record, offset, size)
  return string.sub(record, offset + 1, offset + size)
end

local function get(key)
  local record = redis.call('GET', key)
  return is_format_3(record) and from_format_3(record) or record
end

local function readable(record)
  return #record >= $HeaderSize and string.byte(record, 1) == $FormatVersion
end

local function epoch_mark(record)
  return math.floor(string.byte(record, $FlagsAt + 1) / 2)
end

-- Last seen, idle timeout and absolute deadline, not the key's expiry, say when a session ends by itself.
local function ends_after(record, time)
  return number(record, $LastSeenAt) + number(record, $IdleTimeoutAt) > time
    and number(record, $AbsoluteDeadlineAt) > time
end

-- Whether it was ended with everyone's and is no tombstone yet. Without the copy nobody can tell: a script that takes
-- something away does so all the same, and the app asks the database when it reads the record.
local function is_past(record)
  return epoch and string.byte(record, $StateAt + 1) == $Live
    and epoch_mark(record) ~= struct.unpack('>I4', epoch) % $EpochMarks
end

local function live(record, user, now)
  return record and readable(record)
    and string.byte(record, $StateAt + 1) == $Live
    and bytes(record, $UserIdAt, $UserIdSize) == user
    and ends_after(record, now)
    and not is_past(record)
end

-- Where the addresses end, and with them the part of varying size that a touch rewrites.
local function use_end(record)
  return $HeaderSize + string.byte(record, $AddressesAt + 1)
end

local function tail_offset(record)
  return use_end(record) + struct.unpack('>I2', record, $BegunSizeAt + 1)
end

local function key_of(prefix, id)
  return prefix .. string.format('%08x%08x%08x%08x', struct.unpack('>I4I4I4I4', id))
end

-- A first write that needs no memory: after it Redis lets a script write even at its memory limit.
local function touch_nothing(key)
  redis.call('PEXPIRE', key, redis.call('PTTL', key))
end

-- Puts a part in the place of all from one offset to another. The key must not be written if it has gone.
local function replace(key, record, from, to, part)
  local whole = string.sub(record, 1, from) .. part .. string.sub(record, to + 1)
  redis.call('SET', key, whole, 'XX', 'KEEPTTL')
  return whole
end

local function overwrite(key, record, offset, part)
  touch_nothing(key)
  return replace(key, record, offset, offset + #part, part)
end
