using System.Net;
using System.Security.Cryptography;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>Sessions to test with.</summary>
public static class Samples
{
    public const string UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 x";

    /// <summary>An hour idle, a day altogether; every field has a value.</summary>
    public static UserSession Session(DateTimeOffset now, Guid? userId = null) => new()
    {
        UserId = userId ?? Guid.NewGuid(),
        Id = SessionId.New(),
        FamilyHash = RandomNumberGenerator.GetBytes(SessionKey.FamilyHashSize),
        Secret = new(2, uint.MaxValue),
        PreviousSecret = new(1, 0),
        SecretSince = now.AddMilliseconds(-1),
        CreatedAt = now,
        AuthenticatedAt = now.AddMilliseconds(-2),
        ProofAttempts = 1,
        LastSeenAt = now,
        IdleTimeout = TimeSpan.FromHours(1),
        AbsoluteDeadline = now.AddDays(1),
        Remembered = true,
        SignInMethod = "pwd",
        SignInAddress = IPAddress.Parse("203.0.113.7"),
        LastAddress = IPAddress.Parse("2001:db8::17"),
        PreviousAddress = IPAddress.Parse("198.51.100.3"),
        MovedAt = now.AddMilliseconds(-3),
        Country = "CH",
        Family = new(7, 1),
        UserAgent = UserAgent,
        RightsVersion = 5,
        RequiredRightsVersion = 4,
        NameShownUntil = now.AddMinutes(1),
        Ticket = RandomNumberGenerator.GetBytes(300),
    };

    public static Revocation Revocation(DateTimeOffset at) => new(at, RevocationReason.SignedOutElsewhere);

    /// <summary>Field by field; the bytes by content.</summary>
    public static void AssertSame(UserSession expected, UserSession? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(Convert.ToHexString(expected.FamilyHash.Span), Convert.ToHexString(actual.FamilyHash.Span));
        Assert.Equal(Convert.ToHexString(expected.Ticket.Span), Convert.ToHexString(actual.Ticket.Span));
        Assert.Equal(
            expected with { FamilyHash = default, Ticket = default },
            actual with { FamilyHash = default, Ticket = default });
    }
}
