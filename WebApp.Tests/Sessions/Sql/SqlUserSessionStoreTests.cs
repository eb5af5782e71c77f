using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Sql;

[Trait("Lane", "Fast")]
public sealed class SqlUserSessionStoreTests : UserSessionStoreRaces
{
    private const int Lanes = 20;

    private readonly SqliteDatabase _database = new();
    private readonly List<SqliteDatabase> _races = [];

    [Fact]
    public async Task A_database_that_somebody_else_holds_is_unavailable_within_the_time_out()
    {
        var session = await AddAsync();
        await using var other = new SqliteConnection(_database.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        var store = NewStore(_database, TimeSpan.FromSeconds(1));
        var started = Stopwatch.GetTimestamp();

        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() =>
            store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Clock.GetUtcNow())));

        // The database itself would wait for 30 seconds.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(store.CheckAsync);
        Assert.Null((await Store.FindAsync(session.UserId, session.Id))?.Revocation);
    }

    public override Task DisposeAsync()
    {
        _database.Dispose();
        _races.ForEach(database => database.Dispose());
        return Task.CompletedTask;
    }

    protected override Task<IUserSessionStore> OpenAsync() => Task.FromResult<IUserSessionStore>(NewStore(_database, TimeSpan.FromSeconds(10)));

    protected override Task<IReadOnlyList<IUserSessionStore>> OpenRaceStoresAsync()
    {
        _races.AddRange(Enumerable.Range(0, Lanes).Select(_ => new SqliteDatabase()));
        return Task.FromResult<IReadOnlyList<IUserSessionStore>>([.. _races.Select(database => NewStore(database, TimeSpan.FromSeconds(10)))]);
    }

    private SqlUserSessionStore NewStore(SqliteDatabase database, TimeSpan commandTimeout) =>
        new(database, Options.Create(new SessionPolicy { CommandTimeout = commandTimeout }), Clock);
}
