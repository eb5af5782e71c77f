using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Sql;

public sealed class SqlSessionSearchTests : SessionSearchContract
{
    private readonly SqliteDatabase _database = new();

    public override Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    protected override Task<IUserSessionStore> OpenAsync() =>
        Task.FromResult<IUserSessionStore>(new SqlUserSessionStore(_database, Options.Create(new SessionPolicy()), Clock));
}
