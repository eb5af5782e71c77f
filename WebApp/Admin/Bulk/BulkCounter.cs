using Microsoft.EntityFrameworkCore;
using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Counts the sessions of the people in drafts, behind the requests: to ask the store about a hundred thousand people takes a while, and the preview
/// says how many were counted so far. Several instances may count at once: what two have counted is taken from one.
/// </summary>
public sealed partial class BulkCounter(AdminDatabase database, SessionManager sessions, BulkBell bell, TimeProvider clock, ILogger<BulkCounter> logger) : BackgroundService
{
    /// <summary>How long ago a person was last seen who counts as active.</summary>
    public static readonly TimeSpan Recently = TimeSpan.FromMinutes(5);

    private const int Batch = 400;

    /// <summary>How many people the store is asked about at once.</summary>
    private const int AtOnce = 32;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Counts the first people of a draft, so that few are counted when it is first looked at. Leaves them for later if the store does not answer.</summary>
    public async Task CountSomeAsync(Guid requestId)
    {
        try
        {
            await CountBatchAsync(requestId);
        }
        catch (SessionStoreUnavailableException)
        {
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var token = bell.Token;
            try
            {
                while (!stoppingToken.IsCancellationRequested && await NextAsync() is { } draft && await CountBatchAsync(draft))
                    await Task.Yield();
            }
#pragma warning disable CA1031 // The next round tries again; the app must not end for it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogFailed(e);
            }

            await bell.WaitAsync(token, Pause, stoppingToken);
        }
    }

    private Task<Guid?> NextAsync() => database.ReadAsync(db => db.Requests
        .Where(r => (r.State == BulkState.Draft || r.State == BulkState.Waiting) && r.Kind == BulkKind.People && r.CountedTo < int.MaxValue && r.People > 0)
        .OrderBy(r => r.AskedAt).Select(r => (Guid?)r.Id).FirstOrDefaultAsync());

    /// <summary>False when there was nothing to count.</summary>
    private async Task<bool> CountBatchAsync(Guid requestId)
    {
        var from = await database.ReadAsync(db => db.Requests.Where(r => r.Id == requestId).Select(r => (int?)r.CountedTo).SingleOrDefaultAsync());
        if (from is null or int.MaxValue)
            return false;

        var people = await database.ReadAsync(db => db.Targets
            .Where(t => t.RequestId == requestId && t.Fate == BulkFate.Pending && t.Position > from)
            .OrderBy(t => t.Position).Take(Batch).Select(t => new { t.Position, t.UserId }).ToListAsync());
        var (to, live, active) = (people.Count < Batch ? int.MaxValue : people[^1].Position, 0, 0);
        foreach (var some in people.Chunk(AtOnce))
        {
            var recently = clock.GetUtcNow() - Recently;
            foreach (var theirs in await Task.WhenAll(some.Select(person => sessions.ListAsync(person.UserId!.Value))))
            {
                live += theirs.Live.Count;
                active += theirs.Live.Any(s => s.LastSeenAt >= recently) ? 1 : 0;
            }
        }

        await database.WriteAsync(db => db.Requests.Where(r => r.Id == requestId && r.CountedTo == from).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.CountedTo, to)
            .SetProperty(r => r.CountedPeople, r => r.CountedPeople + people.Count)
            .SetProperty(r => r.Sessions, r => r.Sessions + live)
            .SetProperty(r => r.Active, r => r.Active + active)));
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sessions of a bulk request's people could not be counted; it is tried again")]
    private partial void LogFailed(Exception exception);
}
