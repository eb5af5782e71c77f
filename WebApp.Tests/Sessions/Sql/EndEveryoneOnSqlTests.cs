using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Sql;

[Trait("Lane", "Fast")]
public sealed class EndEveryoneOnSqlTests : EndEveryoneContract
{
    private readonly SqliteDatabase _database = new();

    [Fact]
    public async Task The_sweep_makes_tombstones_of_them_a_batch_at_a_time()
    {
        var sessions = new[] { await AddAsync(), await AddAsync(), await AddAsync() };
        var revocation = new Revocation(Now, RevocationReason.Maintenance, "INC-2");
        await Store.EndEveryoneAsync(revocation, spared: null);
        var later = await AddAsync();
        var store = (SqlUserSessionStore)Store;

        Assert.Equal(2, await store.SweepAsync(2));
        Assert.NotEqual(2, await store.SweepAsync(2));

        await using var db = _database.CreateDbContext();
        Assert.Equal(3, await db.Sessions.CountAsync(s => s.RevokedAt == Now && s.CaseReference == "INC-2" && s.KeepUntil == s.AbsoluteDeadline));
        Assert.Equal([later.Id], await db.Sessions.Where(s => s.RevokedAt == null).Select(s => s.Id).ToListAsync());
        Samples.AssertSame(sessions[0] with { Revocation = revocation, Ticket = default }, await Store.FindAsync(sessions[0].UserId, sessions[0].Id));
    }

    [Fact]
    public async Task Who_was_spared_is_forgotten_the_next_time()
    {
        var session = await AddAsync();
        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(session.UserId, session.Id));
        await EndEveryoneAsync();

        await using var db = _database.CreateDbContext();
        Assert.Equal([null, null], await db.Epochs.Select(e => e.SparedUserId).ToListAsync());
    }

    public override Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    protected override Task PutAwayAsync() => ((SqlUserSessionStore)Store).SweepAsync(1000);

    protected override Task<IUserSessionStore> OpenAsync() => Task.FromResult<IUserSessionStore>(
        new SqlUserSessionStore(_database, Options.Create(new SessionPolicy { CommandTimeout = TimeSpan.FromSeconds(10) }), Clock));
}
