using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Sql;

public sealed class SqlUserSessionStoreTests : UserSessionStoreRaces
{
    private readonly SqliteDatabase _database = new();

    /// <summary>Two writers at once cost SQLite's driver a pause of up to 150 ms, so a thousand rounds of each race would take two minutes.</summary>
    protected override int Rounds => 400;

    public override Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    protected override Task<IUserSessionStore> OpenAsync() => Task.FromResult<IUserSessionStore>(new SqlUserSessionStore(_database, Clock));
}
