using Microsoft.EntityFrameworkCore;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Tells the session store of changed rights: at once, within a second after a transaction, and every second whatever
/// could not be told; what another
/// process has left within some seconds. A session whose ticket was made from older
/// rights is then rebuilt by its next request; nobody else reads the database for it. Of an account that is gone the audit log forgets what is
/// personal, in the same way: whatever fails on the way is tried again.
/// </summary>
internal sealed partial class RightsOutbox(IServiceScopeFactory scopes, IUserSessionStore sessions, AuditLog audit, ILogger<RightsOutbox> logger) : BackgroundService
{
    private const int Batch = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How much longer the pause is while this process has changed nothing: the command line may have, or an instance
    /// that died.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(4);

    /// <summary>Tries that an outage may cost before it is said here, too: the store says it by itself.</summary>
    private const int PatientTries = 10;

    private TaskCompletionSource _soon = NewSignal();
    private bool _started;
    private bool _failed;
    private bool _hasMore;
    private int _outages;

    /// <summary>
    /// Delivers what waits, a batch of it: a request that changes a role with many members must not wait for all of them. Never throws: what could not be delivered is tried again. Does nothing before the app has started, as on the
    /// command line: the store may not be reached there, and the instances that run deliver it.
    /// </summary>
    public async Task DeliverAsync()
    {
        if (!_started)
            return;

        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
            _hasMore = await DeliverAsync(db) == Batch;
            (_failed, _outages) = (false, 0);
        }
        catch (SessionStoreUnavailableException e)
        {
            if (++_outages == PatientTries)
                LogWaiting(e.Message);
            _failed = true;
        }
#pragma warning disable CA1031 // The change is saved and its row waits; whatever went wrong, the next round tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_failed || _outages > 0)
                LogNotDelivered(e);
            (_failed, _outages) = (true, 0);
        }
    }

    /// <summary>
    /// Delivers within a second. Not at once: a caller that has taken access away ends the sessions first, with its
    /// reason.
    /// </summary>
    public void DeliverSoon() => Volatile.Read(ref _soon).TrySetResult();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _started = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            Volatile.Write(ref _soon, NewSignal());
            await DeliverAsync();
            if (!_failed && !_hasMore)
                await _soon.Task.WaitAsync(Rest, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<int> DeliverAsync(AppDbContext db)
    {
        var changes = await db.RightsChanges.AsNoTracking().OrderBy(c => c.Id).Take(Batch).ToListAsync();
        foreach (var latest in changes.GroupBy(c => c.UserId).Select(c => c.MaxBy(one => one.Version)!))
        {
            await sessions.RequireRightsAsync(latest.UserId, latest.Version);
            if (!await db.Users.AnyAsync(u => u.Id == latest.UserId))
                await audit.ForgetAsync(latest.UserId);
            var ids = changes.Where(c => c.UserId == latest.UserId).Select(c => c.Id).ToList();
            await db.RightsChanges.Where(c => ids.Contains(c.Id)).ExecuteDeleteAsync();
        }

        return changes.Count;
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Changed rights wait for the session store; they are tried again every second: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Changed rights could not be told to the session store; they are tried again every second. This is said once")]
    private partial void LogNotDelivered(Exception e);
}
