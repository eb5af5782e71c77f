using System.Net;
using CsCheck;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed class RedisSessionRecordTests
{
    private readonly UserSession _session = Samples.Session(new TestClock().GetUtcNow());

    // Sessions outlive a deployment: what one version wrote, the next must read.
    [Fact]
    public void The_bytes_of_format_4_stay_readable()
    {
        var record = Convert.FromHexString(
            "04" + "01" + "000102030405060708090A0B0C0D0E0F" + "00000005" + "00000004" + "000000000000" + "019000000000" + "019100000000" + "00000036EE80"
            + "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF" + "01" + "0009" + "02" + "0000000300000030" + "0000000200000020" + "019000000001" + "019000000002"
            + "000000000000" + "00" + "0701" + "4348" + "019000000003" + "06" + "04CB007107" + "00" + "0401020304" + "81" + "013134" + "AABB");

        var session = RedisSessionRecord.Read(_session.Id, record);

        Samples.AssertSame(
            new()
            {
                Id = _session.Id,
                UserId = new("00010203-0405-0607-0809-0a0b0c0d0e0f"),
                RightsVersion = 5,
                RequiredRightsVersion = 4,
                CreatedAt = Time(0x019000000000),
                AbsoluteDeadline = Time(0x019100000000),
                IdleTimeout = TimeSpan.FromHours(1),
                FamilyHash = Convert.FromHexString("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"),
                Remembered = true,
                ProofAttempts = 2,
                Secret = new(3, 0x30),
                PreviousSecret = new(2, 0x20),
                SecretSince = Time(0x019000000001),
                AuthenticatedAt = Time(0x019000000002),
                Family = new(7, 1),
                Country = "CH",
                LastSeenAt = Time(0x019000000003),
                LastAddress = IPAddress.Parse("203.0.113.7"),
                SignInAddress = IPAddress.Parse("1.2.3.4"),
                SignInMethod = "pwd",
                UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14",
                Ticket = new byte[] { 0xAA, 0xBB },
            },
            session);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("pwd", 1)]
    [InlineData("swk", 1)]
    [InlineData("pop", 4)]
    [InlineData("ääääääääääääääääääääääääääääääää", 65)]
    public void A_sign_in_method_comes_back_and_takes_a_byte_if_it_is_known(string method, int size)
    {
        var record = RedisSessionRecord.Write(_session with { SignInMethod = method });

        Assert.Equal(method, RedisSessionRecord.Read(_session.Id, record)!.SignInMethod);
        Assert.Equal(size - 1, record.Length - RedisSessionRecord.Write(_session with { SignInMethod = "pwd" }).Length);
    }

    [Fact]
    public void A_record_cut_short_anywhere_before_the_ticket_is_unreadable()
    {
        var record = RedisSessionRecord.Write(_session);

        for (var length = 0; length < record.Length - _session.Ticket.Length; length++)
            Assert.Null(RedisSessionRecord.Read(_session.Id, record[..length]));
    }

    [Fact]
    public void Any_session_comes_back_from_its_record() => Sessions.Sample(session =>
    {
        var record = RedisSessionRecord.Write(session);

        Samples.AssertSame(session, RedisSessionRecord.Read(session.Id, record));
    }, iter: 1000);

    [Fact]
    public void Any_revocation_comes_back_from_a_tombstone() => Gen.Select(
        Any.Time, Gen.Enum<RevocationReason>(), Gen.Null(Any.WholeText)).Sample((at, reason, reference) =>
    {
        var revocation = new Revocation(at, reason, reference);

        var session = RedisSessionRecord.Read(_session.Id, Tombstone(revocation));

        Assert.Equal(revocation, session?.Revocation);
        Assert.Null(session?.Refused);
    }, iter: 1000);

    [Fact]
    public void Bytes_of_any_kind_are_a_session_or_unreadable_and_never_make_reading_fail()
    {
        var record = RedisSessionRecord.Write(_session);
        var tombstone = Tombstone(Samples.Revocation(_session.CreatedAt));

        Gen.OneOf(Any.Bytes(400), Any.Damaged(record), Any.Damaged(tombstone), Any.Damaged(Format3.Write(_session)))
            .Sample(bytes => _ = RedisSessionRecord.Read(_session.Id, bytes), iter: 10_000);
    }

    [Fact]
    public void A_session_that_breaks_its_promises_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { FamilyHash = new byte[SessionKey.FamilyHashSize - 1] }));
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { SignInMethod = new('x', 128) }));
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { UserAgent = new('x', 66_000) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => RedisSessionRecord.Write(_session with { CreatedAt = DateTimeOffset.UnixEpoch.AddMilliseconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => RedisSessionRecord.Write(_session with { IdleTimeout = TimeSpan.MaxValue }));
    }

    /// <summary>As the scripts make it.</summary>
    private byte[] Tombstone(Revocation revocation)
    {
        var live = RedisSessionRecord.Write(_session);
        var head = live[(RedisSessionRecord.StateAt + 1)..^_session.Ticket.Length];
        return [live[0], RedisSessionRecord.Revoked, .. head, .. RedisSessionRecord.WriteRevocation(revocation)];
    }

    private static Gen<UserSession> Sessions => Gen.Select(
        Gen.Select(Any.SessionId, Gen.Guid, Gen.Byte.Array[SessionKey.FamilyHashSize], Any.Bytes(400)),
        Gen.Select(
            Any.Time, Any.Time, Any.Time, Any.Time, Any.Time, Gen.Nullable(Any.Time), Gen.Nullable(Any.Time), Any.Time),
        Gen.Select(Gen.Null(Any.Address), Gen.Null(Any.Address), Gen.Null(Any.Address), Any.UserAgent),
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Int, Gen.Byte, Gen.Bool, Gen.Nullable(Gen.Enum<LockReason>())),
        (ids, times, begun, rest) => new UserSession
        {
            Id = ids.Item1,
            UserId = ids.Item2,
            FamilyHash = ids.Item3,
            Ticket = ids.Item4,
            CreatedAt = times.Item1,
            AuthenticatedAt = times.Item2,
            LastSeenAt = times.Item3,
            AbsoluteDeadline = times.Item4,
            SecretSince = times.Item5,
            MovedAt = times.Item6,
            NameShownUntil = times.Item7,
            Lock = rest.Item6 is { } reason ? new(times.Item8, reason) : null,
            IdleTimeout = TimeSpan.FromMilliseconds(rest.Item1),
            SignInAddress = begun.Item1,
            LastAddress = begun.Item2,
            PreviousAddress = begun.Item3,
            UserAgent = begun.Item4,
            SignInMethod = rest.Item5 ? "mfa" : $"{rest.Item1}",
            Secret = new(rest.Item1, rest.Item2),
            PreviousSecret = new(rest.Item2, rest.Item1),
            RightsVersion = rest.Item3,
            RequiredRightsVersion = ~rest.Item3,
            ProofAttempts = rest.Item4,
            Family = new(rest.Item4, (byte)rest.Item3),
            Remembered = rest.Item5,
            Country = rest.Item5 ? "CH" : null,
        });

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
