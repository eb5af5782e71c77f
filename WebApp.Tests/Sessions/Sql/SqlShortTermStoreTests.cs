using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Sql;

[Trait("Lane", "Fast")]
public sealed class SqlShortTermStoreTests : ShortTermStoreContract
{
    private readonly SqliteDatabase _database = new();

    private IOptions<SessionPolicy> Policy { get; } = Options.Create(new SessionPolicy { CommandTimeout = TimeSpan.FromSeconds(20) });

    [Fact]
    public async Task The_sweeper_deletes_what_is_over()
    {
        var store = await OpenAsync();
        await store.KeepAsync(Guid.NewGuid(), Guid.NewGuid(), [1], TimeSpan.FromMinutes(1));
        await store.KeepAsync(Guid.NewGuid(), Guid.NewGuid(), [2], TimeSpan.FromMinutes(3));
        Clock.Advance(TimeSpan.FromMinutes(2));

        await new SqlUserSessionStore(_database, Policy, Clock).SweepAsync(100);

        await using var db = _database.CreateDbContext();
        Assert.Equal([2], Assert.Single(await db.ShortTerm.ToListAsync()).Content);
    }

    public override Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    protected override Task<IShortTermStore> OpenAsync() => Task.FromResult<IShortTermStore>(new SqlShortTermStore(_database, Policy, Clock));
}
