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

    /// <summary>How much longer than its session can be seen a key stays, so that the app's clock decides.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

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
        Lock = Set.Add("lock", common);
        Shorten = Set.Add("shorten", common);
        UpdateTicket = Set.Add("update_ticket", common);
        RequireRights = Set.Add("require_rights", common);
        CountRefused = Set.Add("count_refused", common);
        Revoke = Set.Add("revoke", common);
        RevokeAll = Set.Add("revoke_all", common);
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
