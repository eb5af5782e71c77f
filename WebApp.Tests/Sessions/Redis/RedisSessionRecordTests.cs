using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

public sealed class RedisSessionRecordTests
{
    private readonly UserSession _session = Samples.Session(new TestClock().GetUtcNow());

    [Fact]
    public void A_record_cut_short_anywhere_before_the_ticket_is_unreadable()
    {
        var record = RedisSessionRecord.Write(_session);

        for (var length = 0; length < record.Length - _session.Ticket.Length; length++)
            Assert.Null(RedisSessionRecord.Read(_session.Id, record[..length]));
    }

    [Fact]
    public void No_damage_to_a_record_makes_reading_fail()
    {
        var record = RedisSessionRecord.Write(_session);

        for (var at = 0; at < record.Length; at++)
        {
            foreach (var value in new byte[] { 0, 1, 2, 0x7F, 0x80, 0xFF })
            {
                var damaged = record.ToArray();
                damaged[at] = value;
                _ = RedisSessionRecord.Read(_session.Id, damaged);
            }
        }
    }

    [Fact]
    public void A_session_that_breaks_its_promises_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { FamilyHash = new byte[31] }));
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { SignInMethod = new('x', 256) }));
        Assert.Throws<ArgumentException>(() => RedisSessionRecord.Write(_session with { UserAgent = new('x', 66_000) }));
    }
}
