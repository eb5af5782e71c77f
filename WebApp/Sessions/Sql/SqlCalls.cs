using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions.Sql;

/// <summary>
/// The stores' way to the database. A call waits for its turn to write no longer than <see cref="SessionPolicy.CommandTimeout"/>, in whole seconds.
/// </summary>
internal sealed class SqlCalls(IDbContextFactory<SessionsDbContext> databases, IOptions<SessionPolicy> policy)
{
    private readonly int _patience = (int)Math.Ceiling(policy.Value.CommandTimeout.TotalSeconds);

    /// <exception cref="SessionStoreUnavailableException">The database did not answer.</exception>
    public async Task<T> RunAsync<T>(Func<SessionsDbContext, Task<T>> work)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync();
            // Not a command time-out of EF Core's: that would leave out the wait for a transaction's beginning.
            if (db.Database.GetDbConnection() is SqliteConnection sqlite)
                sqlite.DefaultTimeout = _patience;
            return await work(db);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or TimeoutException)
        {
            throw new SessionStoreUnavailableException("The session database did not answer.", e);
        }
    }
}
