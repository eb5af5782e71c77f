using static WebApp.Sessions.Redis.RedisIndexEntry;

namespace WebApp.Sessions.Redis;

/// <summary>The scripts that read and repair the index over all users, a tag at a time; see <see cref="RedisIndex"/>.</summary>
internal static class RedisIndexScripts
{
    /// <summary>A count is forgotten so many milliseconds after its last session has ended: clocks differ.</summary>
    private const int KeepCount = 3_600_000;

    /// <summary>
    /// The first entries of a tag that fit. KEYS: any key of the tag. ARGV: not-after (unused), highest score, the id before which it begins at that
    /// score or nothing, lowest score, how many, checks (threes of bytes: where, from, to), length or 0 (any), the pattern to go through all by or
    /// nothing, the only list or nothing, checks for the bitmap. Answers entry, score, entry, score, ..., best first.
    /// </summary>
    public static readonly string Page = $$"""
        local tag, max, before, low, count = string.sub(KEYS[1], 4, 9), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
        local checks, length, pattern, only = ARGV[6], tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
        local sought = ARGV[10]
        local bitmap = sought ~= '' and redis.call('GET', 'ub:' .. tag)
        -- For Redis as text: it would have to write a number anew in each call.
        local max_text, low_text, step = ARGV[2], ARGV[4], math.max(8, count)
        local step_text = tostring(step)
        local found = {}

        -- Not by <, which goes by the server's language.
        local function is_lower(one, other)
          for i = 1, {{SessionId.Size}} do
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

        local function offer(entry, score)
          if score > max or score < low or (score == max and before ~= '' and not is_lower(entry, before)) or not fits(entry) then return end

          local place = #found + 1
          while place > 1 and (found[place - 1].score < score or (found[place - 1].score == score and is_lower(found[place - 1].entry, entry))) do
            place = place - 1
          end
          if place > count then return end

          table.insert(found, place, { entry = entry, score = score })
          found[count + 1] = nil
          -- What is behind them all need not be read.
          if #found == count and found[count].score > low then
            low = found[count].score
            low_text = string.format('%.0f', low)
          end
        end

        local function offer_all(part)
          for i = 1, #part, 2 do offer(part[i], tonumber(part[i + 1])) end
        end

        local function has_one_of(list, at, from, to)
          local before = list * {{BitmapBytesOfList}} + (at - {{State}}) * {{BitmapBytesOfPlace}} + 1
          for value = from, to do
            local cell = string.byte(bitmap, before + math.floor(value % {{8 * BitmapBytesOfPlace}} / 8))
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

        for list = only or 0, only or {{Lists - 1}} do
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
        """;

    /// <summary>KEYS: any key of the tag. ARGV: not-after (unused), now. Answers live, locked and flagged ones; forgets counts that are long over.</summary>
    public static readonly string Count = $$"""
        local tag = string.sub(KEYS[1], 4, 9)
        local epoch = redis.call('GET', 'ue:' .. tag)
        local mark = epoch and struct.unpack('>I4', epoch) % {{1 << RedisEpochs.MarkBits}} or 0
        local now, live, locked, flagged = tonumber(ARGV[2]), 0, 0, 0
        for _, key in ipairs({ 'uc:' .. tag .. mark, 'uc:' .. tag .. '{{Theft}}' }) do
          local all = redis.call('HGETALL', key)
          for i = 1, #all, 2 do
            local state, ends, count = string.byte(all[i]) - 48, tonumber(string.sub(all[i], 3)), tonumber(all[i + 1])
            if ends > now then
              if state ~= {{EndedAsTheft}} then live = live + count end
              if state == {{LockedByPerson}} or state == {{LockedByRule}} then locked = locked + count end
              if state == {{LockedByRule}} or state == {{EndedAsTheft}} then flagged = flagged + count end
            elseif ends + {{KeepCount}} < now then
              redis.call('HDEL', key, all[i])
            end
          end
        end
        return { live, locked, flagged }
        """;

    /// <summary>
    /// Puts a list and its part of the bitmap right: each entry says what its record says, or goes. What was ended with everyone's becomes a tombstone. KEYS: any key of the
    /// tag. ARGV: not-after, the list, now. Answers Yes; NoEpoch if that must be told first, for the tombstones; or TooLate.
    /// </summary>
    public static readonly string Repair = RedisScriptCommon.Lua + $$"""
        if clock() > not_after then return {{RedisScripts.TooLate}} end

        local key = string.format('ul:%s%02x', tag, tonumber(ARGV[2]))
        for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do
          local id = string.sub(entry, 1, {{SessionId.Size}})
          local record = get(key_of('us:' .. tag, id))
          local right = entry_of(id, record)
          if right ~= entry then redis.call('ZREM', key, entry) end
          if right and is_past(record) then
            put_away(id, record, tonumber(ARGV[3]))
          elseif right and right ~= entry and enter_list(id, right, record) == 1 then
            add_to_count(record, count_of(right, record), 1)
          end
        end

        -- The bits of what has gone go too; and the bitmap with the last of them.
        local bitmap = redis.call('GET', bitmap_of_tag)
        if bitmap then
          local cells, from = {}, tonumber(ARGV[2]) * {{BitmapBytesOfList}}
          for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do add_bits('', cells, entry) end
          for cell = 1, {{BitmapBytesOfList}} do cells[cell] = string.char(cells[cell] or 0) end
          local part = table.concat(cells)
          if part ~= string.sub(bitmap, from + 1, from + #part) then redis.call('SETRANGE', bitmap_of_tag, from, part) end
          if not string.find(redis.call('GET', bitmap_of_tag), '[^%z]') then redis.call('DEL', bitmap_of_tag) end
        end
        return epoch and {{RedisScripts.Yes}} or {{RedisScripts.NoEpoch}}
        """;
}
