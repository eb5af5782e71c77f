using Microsoft.EntityFrameworkCore;

namespace WebApp.Admin;

/// <summary>Work on <see cref="AdminDbContext"/>, each with a context of its own.</summary>
/// <remarks>
/// SQLite's calls block, whatever they are called, and sleep while another writes. The pool's threads are for requests: there are no more of them than
/// cores, so what writes gets a thread of its own.
/// </remarks>
public sealed class AdminDatabase(IDbContextFactory<AdminDbContext> databases)
{
    public async Task<T> ReadAsync<T>(Func<AdminDbContext, Task<T>> read)
    {
        await using var db = await databases.CreateDbContextAsync();
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return await read(db);
    }

    /// <summary>In one transaction, which is committed when <paramref name="write"/> returns and undone when it throws.</summary>
    public Task<T> WriteAsync<T>(Func<AdminDbContext, Task<T>> write) => Task.Factory.StartNew(async () =>
    {
        await using var db = await databases.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var result = await write(db);
        await transaction.CommitAsync();
        return result;
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}
