using static WebApp.Sessions.Redis.RedisScriptCommon;
using static WebApp.Sessions.Redis.RedisSessionRecord;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The Lua scripts, which begin with <see cref="RedisScriptCommon"/>. Each runs as a whole, so nothing slips between its check and its write. All keys of one script share a hash tag.
/// Those that change a session do nothing, and answer <see cref="TooLate"/>, once Redis' clock has passed <c>ARGV[1]</c>.
/// Times are milliseconds; <c>now</c> is the app's clock, which alone judges deadlines.
/// A record of format 3 is turned into format 4 as it is read, in the script's memory alone; what a script writes is a whole record, of format 4.
/// </summary>
internal static class RedisScripts
{
    public const int Yes = 1;
    public const int No = 0;
    public const int TooLate = -1;

    /// <summary>Of Add alone: there is no room.</summary>
    public const int Full = 2;

    /// <summary>Of Add alone: which epoch it is must be told first.</summary>
    public const int NoEpoch = 3;

    /// <summary>The channel that hears which user's sessions have changed: the 16 bytes of the user id, or <see cref="RedisEpochs.Everyone"/>.</summary>
    public const string News = "us:news";

    /// <summary>How much longer than its session can be seen a key stays, so that the app's clock has the last word.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>
    /// KEYS: record, index, generation, rights. ARGV: not-after, user id, now, id, expected generation, record, time to live, prefix of records'
    /// keys, limit (0: none), revocation of those over the limit or nothing (ends none), most tombstones, expected epoch. Answers a list: Yes and
    /// the ids of the sessions ended; or No, Full, NoEpoch or TooLate alone.
    /// </summary>
    public static readonly string Add = Lua + $$"""
        local now, ttl, limit = tonumber(ARGV[3]), tonumber(ARGV[7]), tonumber(ARGV[9])
        if clock() > not_after then return { {{TooLate}} } end
        if not epoch then return { {{NoEpoch}} } end
        if struct.unpack('>I4', epoch) ~= tonumber(ARGV[12]) or (redis.call('GET', KEYS[3]) or '0') ~= ARGV[5] or redis.call('EXISTS', KEYS[1]) == 1 then return { {{No}} } end

        local reply = { {{Yes}} }
        if ttl <= 0 then return reply end

        -- As long as all that the index names is within both limits, nothing is over one.
        if limit > 0 and redis.call('ZCARD', KEYS[2]) >= math.min(limit, tonumber(ARGV[11])) then
          local present, buried = {}, {}
          for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
            local key = key_of(ARGV[8], id)
            local record = get(key)
            if live(record, ARGV[2], now) then
              present[#present + 1] = { id = id, key = key, record = record, at = number(record, {{LastSeenAt}}) }
            elseif record and readable(record) and string.byte(record, {{StateAt}} + 1) == {{Revoked}} then
              buried[#buried + 1] = { id = id, key = key, record = record, at = number(record, tail_offset(record)) }
            end
          end

          if ARGV[10] == '' and #present >= limit then return { {{Full}} } end

          local function earlier(one, other) return one.at < other.at end
          table.sort(present, earlier)
          for i = 1, #present + 1 - limit do
            bury(KEYS[2], present[i].key, present[i].id, present[i].record, ARGV[10], now)
            reply[#reply + 1] = present[i].id
          end

          table.sort(buried, earlier)
          for i = 1, #buried + #reply - 1 - tonumber(ARGV[11]) do
            if buried[i] then
              redis.call('DEL', buried[i].key)
              redis.call('ZREM', KEYS[2], buried[i].id)
              note(buried[i].id, buried[i].record, nil)
            end
          end
        end

        -- The principal was made moments ago. If the rights have changed since, the session's first request makes it anew.
        local required = redis.call('GET', KEYS[4])
        local record = ARGV[6]
        if required then
          record = string.sub(record, 1, {{RequiredRightsAt}}) .. struct.pack('>i4', tonumber(required)) .. string.sub(record, {{RequiredRightsAt + RightsSize}} + 1)
        end

        enter(KEYS[2], ARGV[4], ttl)
        redis.call('SET', KEYS[1], record, 'PX', ttl)
        note(ARGV[4], nil, record)
        -- Last, so that full memory still refuses the writes above.
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', clock())
        if #reply > 1 then tell() end
        return reply
        """;

    /// <summary>
    /// KEYS: record, index. ARGV: not-after, user id, now, id, seen at, the use as bytes. Answers Yes, the record and the epoch; or No or TooLate alone.
    /// What it answers may be remembered: so without the epoch it is No.
    /// </summary>
    public static readonly string Touch = Lua + $$"""
        local now, seen = tonumber(ARGV[3]), tonumber(ARGV[5])
        local record = get(KEYS[1])
        if clock() > not_after then return { {{TooLate}} } end
        if not epoch or not live(record, ARGV[2], now) or number(record, {{LastSeenAt}}) >= seen then return { {{No}} } end

        local ends = math.min(seen + number(record, {{IdleTimeoutAt}}), number(record, {{AbsoluteDeadlineAt}}))
        local ttl = ends - now + {{Grace.TotalMilliseconds}}
        -- First the write that needs no memory: a session in use must not go idle because memory is full.
        redis.call('PEXPIRE', KEYS[1], ttl)
        -- When it was used is no news. From where and by what is, for who remembers the session compares the next use with that.
        local function place(use)
          return string.sub(use, 1, {{LastSeenAt - FamilyAt}}) .. string.sub(use, {{LastSeenAt - FamilyAt + TimeSize}} + 1)
        end
        if place(bytes(record, {{FamilyAt}}, use_end(record) - {{FamilyAt}})) ~= place(ARGV[6]) then tell() end

        local touched = replace(KEYS[1], record, {{FamilyAt}}, use_end(record), ARGV[6])
        enter(KEYS[2], ARGV[4], ttl)
        note(ARGV[4], record, touched)
        return { {{Yes}}, touched, epoch }
        """;

    /// <summary>
    /// Rewrites a part of a live session if another part is as expected. KEYS: record. ARGV: not-after, user id, now, where the expected bytes
    /// stand, they, where to write, what. Answers Yes, No or TooLate.
    /// </summary>
    public static readonly string Rewrite = Lua + $$"""
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not live(record, ARGV[2], tonumber(ARGV[3])) or bytes(record, tonumber(ARGV[4]), #ARGV[5]) ~= ARGV[5] then return {{No}} end

        local at = tonumber(ARGV[6])
        local changed = overwrite(KEYS[1], record, at, ARGV[7])
        -- Of what can be rewritten the index has lock and family, which stand side by side.
        if at + #ARGV[7] > {{LockReasonAt}} then note(id_of(KEYS[1]), record, changed) end
        tell()
        return {{Yes}}
        """;

    /// <summary>KEYS: record. ARGV: not-after, user id, now, locked at, lock as bytes. Answers Yes, No or TooLate.</summary>
    public static readonly string Lock = Lua + $$"""
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not live(record, ARGV[2], tonumber(ARGV[3])) or string.byte(record, {{LockReasonAt}} + 1) ~= 0
          or number(record, {{AuthenticatedAt}}) > tonumber(ARGV[4]) then return {{No}} end

        note(id_of(KEYS[1]), record, overwrite(KEYS[1], record, {{LockedAt}}, ARGV[5]))
        tell()
        return {{Yes}}
        """;

    /// <summary>KEYS: record. ARGV: not-after, user id, now, absolute deadline, it as bytes. Answers Yes, No or TooLate.</summary>
    public static readonly string Shorten = Lua + $$"""
        local now, deadline = tonumber(ARGV[3]), tonumber(ARGV[4])
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not live(record, ARGV[2], now) or number(record, {{AbsoluteDeadlineAt}}) <= deadline then return {{No}} end

        redis.call('PEXPIRE', KEYS[1], math.min(redis.call('PTTL', KEYS[1]), math.max(deadline - now, 0) + {{Grace.TotalMilliseconds}}))
        note(id_of(KEYS[1]), record, replace(KEYS[1], record, {{AbsoluteDeadlineAt}}, {{AbsoluteDeadlineAt + TimeSize}}, ARGV[5]))
        tell()
        return {{Yes}}
        """;

    /// <summary>KEYS: record. ARGV: not-after, user id, now, rights, ticket. Answers Yes, No or TooLate.</summary>
    public static readonly string UpdateTicket = Lua + $$"""
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not live(record, ARGV[2], tonumber(ARGV[3])) then return {{No}} end

        touch_nothing(KEYS[1])
        local kept = string.sub(record, 1, {{RightsAt}}) .. ARGV[4] .. string.sub(record, {{RightsAt + RightsSize}} + 1, tail_offset(record))
        redis.call('SET', KEYS[1], kept .. ARGV[5], 'XX', 'KEEPTTL')
        tell()
        return {{Yes}}
        """;

    /// <summary>
    /// KEYS: index, rights. ARGV: not-after, user id, now, prefix of records' keys, version, it as bytes, its time to live.
    /// Answers Yes, No if the version could not be written, or TooLate.
    /// </summary>
    public static readonly string RequireRights = Lua + $$"""
        local now, required = tonumber(ARGV[3]), tonumber(ARGV[5])
        if clock() > not_after then return {{TooLate}} end

        local reply = {{Yes}}
        if tonumber(redis.call('GET', KEYS[2]) or '0') < required then
          -- Removed first for the sake of full memory, as in bury.
          redis.call('DEL', KEYS[2])
          if redis.pcall('SET', KEYS[2], ARGV[5], 'PX', ARGV[7]).err then reply = {{No}} end
        end
        for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local key = key_of(ARGV[4], id)
          local record = get(key)
          if live(record, ARGV[2], now) and version(record, {{RequiredRightsAt}}) < required then
            overwrite(key, record, {{RequiredRightsAt}}, ARGV[6])
          end
        end
        tell()
        return reply
        """;

    /// <summary>KEYS: record. ARGV: not-after, user id, at, at and address as bytes, least distance. Answers Yes, No or TooLate.</summary>
    public static readonly string CountRefused = Lua + $$"""
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not record or not readable(record) or bytes(record, {{UserIdAt}}, {{UserIdSize}}) ~= ARGV[2] then return {{No}} end
        if is_past(record) then record = put_away(id_of(KEYS[1]), record, tonumber(ARGV[3])) end
        if not record or string.byte(record, {{StateAt}} + 1) ~= {{Revoked}} then return {{No}} end

        local refused = tail_offset(record) + {{RefusedAt}}
        local count = struct.unpack('>I2', record, refused + 1)
        if number(record, refused + 2) + tonumber(ARGV[5]) > tonumber(ARGV[3]) then return {{No}} end

        overwrite(KEYS[1], record, refused, struct.pack('>I2', math.min(count + 1, 65535)) .. ARGV[4])
        return {{Yes}}
        """;

    /// <summary>KEYS: record, index. ARGV: not-after, user id, now, id, revocation. Answers Yes, No or TooLate.</summary>
    public static readonly string Revoke = Lua + $$"""
        local now = tonumber(ARGV[3])
        local record = get(KEYS[1])
        if clock() > not_after then return {{TooLate}} end
        if not record then return {{No}} end

        -- Whose an unreadable record is, only the index can tell.
        local ours = live(record, ARGV[2], now) or (not readable(record) and redis.call('ZSCORE', KEYS[2], ARGV[4]))
        if not ours then return {{No}} end

        bury(KEYS[2], KEYS[1], ARGV[4], record, ARGV[5], now)
        tell()
        return {{Yes}}
        """;

    /// <summary>
    /// KEYS: index, generation. ARGV: not-after, user id, now, prefix of records' keys, id to spare or nothing, revocation,
    /// next generation or nothing (leaves it), its time to live, the latest "created" that is concerned or nothing (all).
    /// Answers a list: Yes (No if the generation could not be written) and the ids of the sessions ended; or TooLate alone.
    /// </summary>
    public static readonly string RevokeAll = Lua + $$"""
        local now, created_until = tonumber(ARGV[3]), tonumber(ARGV[9])
        if clock() > not_after then return { {{TooLate}} } end

        local reply = { {{Yes}} }
        for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local key = key_of(ARGV[4], id)
          local record = get(key)
          local concerned = id ~= ARGV[5] and record and (not readable(record)
            or (live(record, ARGV[2], now) and (not created_until or number(record, {{CreatedAt}}) <= created_until)))
          if concerned then
            bury(KEYS[1], key, id, record, ARGV[6], now)
            reply[#reply + 1] = id
          end
        end

        if ARGV[7] ~= '' then
          -- Removed first for the sake of full memory, as in bury.
          redis.call('DEL', KEYS[2])
          if redis.pcall('SET', KEYS[2], ARGV[7], 'PX', ARGV[8]).err then reply[1] = {{No}} end
        end
        tell()
        return reply
        """;

    /// <summary>
    /// KEYS: epoch, and the record of a session that comes along or nothing. ARGV: not-after, what to publish, number, copy, its mark, the mark before.
    /// Answers Yes or TooLate.
    /// </summary>
    public static readonly string TellEpoch = Lua + $$"""
        local record = KEYS[2] and get(KEYS[2])
        if clock() > not_after then return {{TooLate}} end
        -- One that is known has been told, and whom it spares has come along.
        local known = epoch and struct.unpack('>I4', epoch)
        if known and known >= tonumber(ARGV[3]) then return {{Yes}} end

        -- Nobody who began in another epoch counts, neither in the one before nor in one whose mark comes round again.
        redis.call('DEL', counts_of_mark(known and known % {{1 << RedisEpochs.MarkBits}} or tonumber(ARGV[6])), counts_of_mark(tonumber(ARGV[5])))
        -- It comes along only from the epoch just before: in an older one it was over already.
        if record and readable(record) and epoch_mark(record) == tonumber(ARGV[6]) then
          local along = overwrite(KEYS[2], record, {{FlagsAt}}, string.char(string.byte(record, {{FlagsAt}} + 1) % 2 + 2 * tonumber(ARGV[5])))
          note(id_of(KEYS[2]), record, along)
        end
        -- Removed first for the sake of full memory, as in bury. Without a copy nobody is let in.
        redis.call('DEL', KEYS[1])
        redis.call('SET', KEYS[1], ARGV[4])
        if tonumber(ARGV[3]) > 0 then tell() end
        return {{Yes}}
        """;

    /// <summary>KEYS: index. ARGV: not-after (unused), prefix of records' keys. Answers the epoch or nothing, id, record, id, record, ... and removes ids without a record.</summary>
    public static readonly string List = Lua + """
        local reply = { epoch or '' }
        for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local record = redis.call('GET', key_of(ARGV[2], id))
          if record then
            reply[#reply + 1] = id
            reply[#reply + 1] = record
          else
            redis.call('ZREM', KEYS[1], id)
          end
        end
        return reply
        """;
}
