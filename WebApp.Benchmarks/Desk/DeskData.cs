using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using WebApp.Audit;
using WebApp.Benchmarks.Http;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Desk;

/// <summary>
/// Sessions and audit entries as a large site has them, made from a number: countries, browsers and networks of very different size. About one in ten
/// thousand is from <see cref="RareCountry"/>, and one in two thousand is locked.
/// </summary>
internal sealed class DeskData(DeskOptions options, DateTimeOffset now)
{
    public const string CommonCountry = "DE";
    public const string RareCountry = "LI";
    public const string RareMethod = "pwd rec";

    /// <summary>A network that a thousandth of all sessions are from, and an address in it.</summary>
    public const string CommonNetwork = "203.0.113.0/24";
    public const string SomeAddress = "203.0.113.77";

    private const int BytesOfTicket = 146;

    private static readonly (string Agent, int Share)[] Agents =
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", 40),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", 25),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", 20),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", 10),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", 4),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", 1),
    ];

    private static readonly (string Country, int Share)[] Countries = [(CommonCountry, 4000), ("FR", 2500), ("CH", 2000), ("AT", 1000), ("IT", 499), (RareCountry, 1)];

    private static readonly (string Method, int Share)[] Methods = [("pwd", 7000), ("pwd otp", 2000), ("hwk", 990), (RareMethod, 10)];

    /// <summary>A live session, last seen within the last hours, most of them lately.</summary>
    public UserSession Session(int number)
    {
        var random = new Random(number);
        var agent = Pick(Agents, random);
        var lastSeen = now.AddMilliseconds(-Math.Floor(Math.Min(6 * 3_600_000.0, -Math.Log(1 - random.NextDouble()) * 2_400_000)));
        var created = lastSeen.AddMinutes(-random.Next(1, 600));
        var (address, version) = (Address(random), SecretVersion.First());
        Span<byte> id = stackalloc byte[SessionId.Size];
        random.NextBytes(id);
        return new()
        {
            UserId = BenchmarkUser.Number(number % options.Users).Id,
            Id = SessionId.Read(id),
            FamilyHash = RandomNumberGenerator.GetBytes(SessionKey.FamilyHashSize),
            Secret = version,
            PreviousSecret = version,
            SecretSince = created,
            CreatedAt = created,
            AuthenticatedAt = created,
            LastSeenAt = lastSeen,
            IdleTimeout = TimeSpan.FromHours(12),
            AbsoluteDeadline = created.AddHours(24),
            SignInMethod = Pick(Methods, random),
            SignInAddress = address,
            LastAddress = address,
            Country = Pick(Countries, random),
            Family = Device.FamilyOf(agent),
            UserAgent = agent,
            Lock = random.Next(2000) == 0 ? new(lastSeen, random.Next(2) == 0 ? LockReason.OldSecret : LockReason.User) : null,
            Ticket = RandomNumberGenerator.GetBytes(BytesOfTicket),
        };
    }

    /// <summary>An entry of the last 30 days, the oldest first.</summary>
    public AuditEntry Entry(int number)
    {
        var random = new Random(~number);
        var user = BenchmarkUser.Number(random.Next(options.Users)).Id;
        return new()
        {
            At = now.AddDays(-30 * (1 - ((number + 1.0) / options.Entries))),
            Action = random.Next(100) switch { < 45 => AuditAction.SignedIn, < 85 => AuditAction.SessionEnded, < 97 => AuditAction.SignInFailed, < 99 => AuditAction.SessionMoved, _ => AuditAction.ForceSignOut },
            ActorId = user,
            SubjectId = user,
            SessionId = number.ToString("x32", CultureInfo.InvariantCulture),
            Address = Address(random).ToString(),
        };
    }

    private static IPAddress Address(Random random)
    {
        if (random.Next(1000) == 0)
            return new IPAddress([203, 0, 113, (byte)random.Next(256)]);
        if (random.Next(10) < 3)
        {
            var bytes = new byte[16];
            random.NextBytes(bytes);
            (bytes[0], bytes[1]) = (0x20, 0x01);
            return new(bytes);
        }

        // Squared: some networks have many people.
        var network = (int)(Math.Pow(random.NextDouble(), 2) * 60_000);
        return new([(byte)(20 + (network >> 16)), (byte)(network >> 8), (byte)network, (byte)random.Next(256)]);
    }

    private static string Pick((string Value, int Share)[] values, Random random)
    {
        var place = random.Next(values.Sum(value => value.Share));
        return values.First(value => (place -= value.Share) < 0).Value;
    }
}
