using static WebApp.Sessions.Redis.RedisIndexEntry;
using static WebApp.Sessions.Redis.RedisSessionRecord;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The Lua scripts of the store; each file says what its script does, takes and answers. A script runs as a whole, so
/// nothing slips between its check and its write. All keys of one script share a hash tag.
/// Scripts that change a session do nothing, and answer <see cref="TooLate"/>, once Redis' clock has passed
/// <c>ARGV[1]</c>. Times are milliseconds; <c>now</c> is the app's clock, which alone judges deadlines.
/// </summary>
internal sealed class RedisScripts
{
    public const int Yes = 1;
    public const int No = 0;
    public const int TooLate = -1;

    /// <summary>Of Add alone: there is no room.</summary>
    public const int Full = 2;

    /// <summary>Of Add and Repair alone: the tag must be told which epoch it is.</summary>
    public const int NoEpoch = 3;

    /// <summary>What Repeat repeats.</summary>
    public const byte RepeatRevoke = 1;
    public const byte RepeatRevokeAll = 2;
    public const byte RepeatLock = 3;
    public const byte RepeatRights = 4;

    /// <summary>How much longer than its session can be seen a key stays, so that the app's clock decides.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>How many users' indexes are tidied up at once.</summary>
    private const int UsersAtOnce = 200;

    /// <summary>How long a count is kept after its last session has ended: clocks differ.</summary>
    private static readonly TimeSpan KeepCount = TimeSpan.FromHours(1);

    public RedisScripts()
    {
        string[] common = ["common_format_3", "common_record", "common_index", "common_changes"];
        Set = RedisScriptSet.Beside(typeof(RedisScripts), Constants());
        Check = Set.Add("check", common);
        Add = Set.Add("add", common);
        Touch = Set.Add("touch", common);
        Rewrite = Set.Add("rewrite", common);
        Shorten = Set.Add("shorten", common);
        UpdateTicket = Set.Add("update_ticket", common);
        CountRefused = Set.Add("count_refused", common);
        string[] journalled = [.. common, "common_mark", "common_revocations"];
        Revoke = Set.Add("revoke", journalled);
        RevokeAll = Set.Add("revoke_all", journalled);
        Lock = Set.Add("lock", journalled);
        RequireRights = Set.Add("require_rights", journalled);
        Repeat = Set.Add("repeat", journalled);
        string[] marks = ["common_format_3", "common_record", "common_mark"];
        BeginRun = Set.Add("begin_run", marks);
        Claim = Set.Add("claim", marks);
        TellEpoch = Set.Add("tell_epoch", common);
        List = Set.Add("list", common);
        Repair = Set.Add("repair", common);
        Page = Set.Add("page");
        Count = Set.Add("count");
        Set.Complete();
    }

    public RedisScriptSet Set { get; }

    public RedisScript Check { get; }

    public RedisScript Add { get; }

    public RedisScript Touch { get; }

    public RedisScript Rewrite { get; }

    public RedisScript Lock { get; }

    public RedisScript Shorten { get; }

    public RedisScript UpdateTicket { get; }

    public RedisScript RequireRights { get; }

    public RedisScript CountRefused { get; }

    public RedisScript Revoke { get; }

    public RedisScript RevokeAll { get; }

    /// <summary>Of <see cref="RedisRecovery"/>, as are BeginRun and Claim.</summary>
    public RedisScript Repeat { get; }

    public RedisScript BeginRun { get; }

    public RedisScript Claim { get; }

    public RedisScript TellEpoch { get; }

    public RedisScript List { get; }

    /// <summary>Of the index over all users, as are Page and Count; see <see cref="RedisIndex"/>.</summary>
    public RedisScript Repair { get; }

    public RedisScript Page { get; }

    public RedisScript Count { get; }

    private static Dictionary<string, object> Constants() => new(StringComparer.Ordinal)
    {
        [nameof(Yes)] = Yes,
        [nameof(No)] = No,
        [nameof(TooLate)] = TooLate,
        [nameof(Full)] = Full,
        [nameof(NoEpoch)] = NoEpoch,
        [nameof(Grace)] = (long)Grace.TotalMilliseconds,
        [nameof(UsersAtOnce)] = UsersAtOnce,
        ["GenerationEntry"] = RedisKeys.GenerationEntry,
        ["RightsEntry"] = RedisKeys.RightsEntry,
        ["GenerationLifetime"] = (long)UserGeneration.Lifetime.TotalMilliseconds,
        ["RunSize"] = RedisMark.RunSize,
        ["LineageSize"] = RedisPlace.LineageSize,
        [nameof(RepeatRevoke)] = RepeatRevoke,
        [nameof(RepeatLock)] = RepeatLock,
        [nameof(RepeatRights)] = RepeatRights,
        [nameof(KeepCount)] = (long)KeepCount.TotalMilliseconds,

        ["IdSize"] = SessionId.Size,
        ["PossibleTheft"] = (int)RevocationReason.PossibleTheft,
        ["LockReasonOldSecret"] = (int)LockReason.OldSecret,

        [nameof(FormatVersion)] = FormatVersion,
        [nameof(Live)] = Live,
        [nameof(Revoked)] = Revoked,
        [nameof(TimeSize)] = TimeSize,
        [nameof(StateAt)] = StateAt,
        [nameof(UserIdAt)] = UserIdAt,
        [nameof(UserIdSize)] = UserIdSize,
        [nameof(RightsAt)] = RightsAt,
        [nameof(RequiredRightsAt)] = RequiredRightsAt,
        [nameof(RightsSize)] = RightsSize,
        [nameof(CreatedAt)] = CreatedAt,
        [nameof(AbsoluteDeadlineAt)] = AbsoluteDeadlineAt,
        [nameof(IdleTimeoutAt)] = IdleTimeoutAt,
        [nameof(FlagsAt)] = FlagsAt,
        [nameof(BegunSizeAt)] = BegunSizeAt,
        [nameof(AuthenticatedAt)] = AuthenticatedAt,
        [nameof(LockedAt)] = LockedAt,
        [nameof(LockReasonAt)] = LockReasonAt,
        [nameof(FamilyAt)] = FamilyAt,
        [nameof(LastSeenAt)] = LastSeenAt,
        [nameof(AddressesAt)] = AddressesAt,
        [nameof(HeaderSize)] = HeaderSize,
        [nameof(NumberedMethod)] = NumberedMethod,
        [nameof(RefusedAt)] = RefusedAt,
        [nameof(RevocationSize)] = RevocationSize,

        ["Format3Version"] = RedisRecordFormat3.Version,
        ["Format3MinSize"] = RedisRecordFormat3.MinSize,

        ["EpochTimeAt"] = RedisEpochs.TimeAt,
        ["EpochReferenceAt"] = RedisEpochs.ReferenceAt,
        ["EpochMarks"] = RedisEpochs.Marks,

        [nameof(Open)] = Open,
        [nameof(LockedByPerson)] = LockedByPerson,
        [nameof(LockedByRule)] = LockedByRule,
        [nameof(EndedAsTheft)] = EndedAsTheft,
        ["EntryState"] = State,
        ["EntryBrowser"] = Browser,
        ["EntryMethod"] = Method,
        [nameof(AddressBytesOfV6)] = AddressBytesOfV6,
        [nameof(Lists)] = Lists,
        [nameof(BrowserAndCountry)] = BrowserAndCountry,
        [nameof(SystemAndCountry)] = SystemAndCountry,
        [nameof(CountryAndMethod)] = CountryAndMethod,
        [nameof(BrowserAndMethod)] = BrowserAndMethod,
        [nameof(BitmapBytesOfPlace)] = BitmapBytesOfPlace,
        [nameof(BitmapBytesOfList)] = BitmapBytesOfList,
        [nameof(Theft)] = Theft,
        ["MethodSums"] = SumsOfNumberedMethods(),
    };
}
