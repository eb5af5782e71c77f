using System.Text;
using static WebApp.Sessions.Redis.RedisSessionRecord;

namespace WebApp.Sessions.Redis;

/// <summary>The entries of the index over all users, and what keeps them up with the records; see <see cref="RedisIndex"/>.</summary>
internal static class RedisIndexEntry
{
    /// <summary>What an entry says of its session first. The numbers are stored.</summary>
    public const byte Open = 1;
    public const byte LockedByPerson = 2;
    public const byte LockedByRule = 3;
    public const byte EndedAsTheft = 4;

    /// <summary>Where in an entry its parts stand, counted from 1 as in Lua; before them is the id.</summary>
    public const int State = SessionId.Size + 1;
    public const int Browser = State + 1;
    public const int System = Browser + 1;
    public const int Country = System + 1;
    public const int Method = Country + 2;
    public const int Address = Method + 1;

    /// <summary>How many bytes of an IPv6 address an entry has as they are; one more is made of the others.</summary>
    public const int AddressBytesOfV6 = 6;

    /// <summary>How many lists a tag has. A list stays compact up to 128 entries, as Redis is set by default.</summary>
    public const int Lists = 64;

    /// <summary>Places that the bitmap alone has, with a sum of two others: what is rare together may be common by itself.</summary>
    public const int BrowserAndCountry = Address + AddressBytesOfV6 + 1;
    public const int SystemAndCountry = BrowserAndCountry + 1;
    public const int CountryAndMethod = SystemAndCountry + 1;
    public const int BrowserAndMethod = CountryAndMethod + 1;

    /// <summary>How many bytes of a tag's bitmap say which values the entries of a list have at one place (values 64 apart share a bit), and at all of them.</summary>
    public const int BitmapBytesOfPlace = 8;
    public const int BitmapBytesOfList = (BrowserAndMethod + 1 - State) * BitmapBytesOfPlace;

    /// <summary>Where those that ended as theft are counted, in place of the mark of an epoch.</summary>
    public const string Theft = "theft";

    /// <summary>What an entry has of a sign-in method.</summary>
    public static byte SumOf(string method) => (byte)Encoding.UTF8.GetBytes(method).Sum(b => b);

    private static string SumsOfNumberedMethods => string.Concat(Methods.Select(method => $"\\{SumOf(method):d3}"));

    /// <summary>
    /// Functions for the scripts that change a session; they follow on the first ones of <see cref="RedisScriptCommon"/>. All go by <c>pcall</c>: a session must
    /// end, and not for want of memory to note it.
    /// </summary>
    public static readonly string Lua = $$"""

        local bitmap_of_tag = 'ub:' .. tag

        local function id_of(key)
          return (string.gsub(string.sub(key, -{{2 * SessionId.Size}}), '%x%x', function(digits) return string.char(tonumber(digits, 16)) end))
        end

        local function number_of_list(id)
          return math.floor(string.byte(id, 1) / {{256 / Lists}})
        end

        local function list_of(id)
          return string.format('ul:%s%02x', tag, number_of_list(id))
        end

        -- The bytes that a list's part of the bitmap must have for an entry, by their place, as far as it has them not yet.
        local function add_bits(part, cells, entry)
          local function add(at, value)
            local cell = (at - {{State}}) * {{BitmapBytesOfPlace}} + math.floor(value % {{8 * BitmapBytesOfPlace}} / 8) + 1
            local old = cells[cell] or string.byte(part, cell) or 0
            local new = bit.bor(old, 2 ^ (value % 8))
            if new ~= old then cells[cell] = new end
          end

          for at = {{State}}, #entry do add(at, string.byte(entry, at)) end
          local browser, system, country, other, method = string.byte(entry, {{Browser}}, {{Method}})
          country = country + other
          add({{BrowserAndCountry}}, browser + country)
          add({{SystemAndCountry}}, system + country)
          add({{CountryAndMethod}}, country + method)
          add({{BrowserAndMethod}}, browser + method)
        end

        local function enter_bitmap(id, entry)
          local from, cells = number_of_list(id) * {{BitmapBytesOfList}}, {}
          local part = redis.pcall('GETRANGE', bitmap_of_tag, from, from + {{BitmapBytesOfList - 1}})
          if type(part) ~= 'string' then return end

          add_bits(part, cells, entry)
          for cell, byte in pairs(cells) do redis.pcall('SETRANGE', bitmap_of_tag, from + cell - 1, string.char(byte)) end
        end

        local function counts_of_mark(mark)
          return 'uc:' .. tag .. mark
        end

        local function state_of(record)
          if string.byte(record, {{StateAt}} + 1) == {{Revoked}} then
            return string.byte(record, tail_offset(record) + {{TimeSize}} + 1) == {{(int)RevocationReason.PossibleTheft}} and {{EndedAsTheft}} or nil
          end

          local reason = string.byte(record, {{LockReasonAt}} + 1)
          return reason == 0 and {{Open}} or reason < {{(int)LockReason.OldSecret}} and {{LockedByPerson}} or {{LockedByRule}}
        end

        -- The sum of the method's text, which the record has itself, or by its number.
        local function method_of(record)
          local at = use_end(record) + 2
          at = at + (string.byte(record, at - 1) or 0)
          local size = string.byte(record, at) or 0
          if size >= {{NumberedMethod}} then return string.byte('{{SumsOfNumberedMethods}}', size - {{NumberedMethod - 1}}) or 0 end

          local sum = 0
          for i = at + 1, at + size do sum = sum + (string.byte(record, i) or 0) end
          return sum % 256
        end

        local function address_of(record)
          local address = string.sub(record, {{HeaderSize}} + 2, {{HeaderSize}} + 1 + (string.byte(record, {{HeaderSize}} + 1) or 0))
          if #address ~= 16 then return address end
          -- Format 3 had no other size.
          if address == string.rep('\0', 16) then return '' end
          if string.sub(address, 1, 12) == string.rep('\0', 10) .. '\255\255' then return string.sub(address, 13) end

          local sum = 0
          for i = {{AddressBytesOfV6}} + 1, 16 do sum = sum + string.byte(address, i) end
          return string.sub(address, 1, {{AddressBytesOfV6}}) .. string.char(sum % 256)
        end

        -- What the index has of a record; nothing of one that it does not list.
        local function entry_of(id, record)
          local state = record and readable(record) and state_of(record)
          return state and id .. string.char(state) .. bytes(record, {{FamilyAt}}, 4) .. string.char(method_of(record)) .. address_of(record) or nil
        end

        -- Where a session is counted until it ends by itself, to a sixty-fourth of its idle timeout: so counts expire, and are few.
        local function count_of(entry, record)
          local state, idle, ends = string.byte(entry, {{State}}), number(record, {{IdleTimeoutAt}}), number(record, {{AbsoluteDeadlineAt}})
          if state ~= {{EndedAsTheft}} then ends = math.min(ends, number(record, {{LastSeenAt}}) + idle) end
          local step = math.max(60000, math.floor(idle / 64))
          return string.format('%d:%.0f', state, math.ceil(ends / step) * step)
        end

        local function enter_list(id, entry, record)
          local added = redis.pcall('ZADD', list_of(id), number(record, {{LastSeenAt}}), entry)
          if added == 1 then enter_bitmap(id, entry) end
          return added
        end

        -- Those of an epoch that is over have been forgotten together; but what ended as theft before it stays so.
        local function add_to_count(record, field, by)
          local counts = string.byte(field) == {{'0' + EndedAsTheft}} and counts_of_mark('{{Theft}}') or counts_of_mark(epoch_mark(record))
          if by < 0 and redis.pcall('HEXISTS', counts, field) ~= 1 then return end
          local left = redis.pcall('HINCRBY', counts, field, by)
          if by < 0 and type(left) == 'number' and left <= 0 then redis.pcall('HDEL', counts, field) end
        end

        -- Keeps the index up with a record that was changed; nil stands for none. What was not in it was not counted either.
        local function note(id, before, after)
          local old, new = entry_of(id, before), entry_of(id, after)
          local was = false
          if old and old ~= new then was = redis.pcall('ZREM', list_of(id), old) == 1 end
          if new then
            local added = enter_list(id, new, after)
            if old == new then was = added == 0 end
          end

          local from, to = was and count_of(old, before) or nil, new and count_of(new, after) or nil
          if from == to and (not from or epoch_mark(before) == epoch_mark(after)) then return end
          if from then add_to_count(before, from, -1) end
          if to then add_to_count(after, to, 1) end
        end

        """;
}
