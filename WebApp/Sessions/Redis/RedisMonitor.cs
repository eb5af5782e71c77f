using System.Diagnostics;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Watches over the connection: probes it every second (four times a second while it is down, and at once when
/// something happens), and lets calls through only when no server holds sessions that were revoked.
/// </summary>
/// <remarks>
/// A server that was restarted from an old snapshot, or a replica that took over, may have lost revocations. So on a
/// server that this process doesn't know yet, what its data lacks of the journal is repeated before the connection
/// counts as verified (<see cref="RedisRecovery"/>). So it is on a known one that counts fewer commands than before:
/// its machine was put back to an earlier state. Otherwise unconfirmed revocations are repeated: first thing after an
/// outage, with every probe while there are some, and every five seconds for those that another instance left behind.
/// A server that is not known yet also has to load all scripts: if it can't, it is not used, and the log says why.
/// </remarks>
internal sealed partial class RedisMonitor(
    RedisConnection connection,
    RedisScripts scripts,
    IEnumerable<RedisScriptSet> scriptSets,
    RevocationJournal journal,
    TimeProvider clock,
    ILogger<RedisMonitor> logger)
    : BackgroundService
{
    private const int Batch = 200;
    private static readonly TimeSpan WhileUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileDown = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenRetries = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private readonly RedisRecovery _recovery = new(connection, scripts, journal, clock);
    private readonly RedisEpochs _epochs = new(connection.EvaluateUnverifiedAsync, scripts);
    private readonly RedisScript[] _scripts = [.. scriptSets.SelectMany(set => set.Scripts)];

    /// <summary>The masters at the last look that ended well, and how many commands they had run.</summary>
    private Dictionary<string, long> _known = [];
    private long _toldEpoch;
    private long _retriedAt;
    private bool _leftOver;
    private bool _saidDown;
    private bool _saidEviction;
    private long? _sweptAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var up = await LookAsync(stoppingToken);
            try
            {
                await connection.WaitForEventAsync(up ? WhileUp : WhileDown, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One look; true when calls are let through after it.</summary>
    private async Task<bool> LookAsync(CancellationToken stopping)
    {
        try
        {
            var probe = await connection.ProbeAsync();
            WarnOfEviction(probe.Masters);
            if (!AreKnown(probe.Masters))
                connection.HoldBack();
            else if (IsRetryDue() && !await RetryAsync())
                _known = [];
            if (!AreKnown(probe.Masters))
                await PrepareAsync(probe, stopping);

            if (!connection.TryVerify(probe))
                return false;

            _known = probe.Masters.DistinctBy(master => master.Identity)
                .ToDictionary(master => master.Identity, master => master.Commands, StringComparer.Ordinal);
            if (_saidDown)
                LogUp();
            _saidDown = false;
        }
        catch (Exception e)
        {
            connection.HoldBack();
            if (!_saidDown && !stopping.IsCancellationRequested)
                LogDown(e);
            _saidDown = true;
            return false;
        }

        await SweepAsync();
        return true;
    }

    private bool AreKnown(IReadOnlyList<RedisServerFacts> masters)
    {
        if (masters.Any(master => master.Commands < _known.GetValueOrDefault(master.Identity)))
        {
            _recovery.NoteGoneBack();
            _known = [];
        }

        return masters.All(master => _known.ContainsKey(master.Identity));
    }

    /// <summary>Once, and again only after it was put right in between.</summary>
    private void WarnOfEviction(IEnumerable<RedisServerFacts> masters)
    {
        var evicting = masters.FirstOrDefault(master => master.MayEvictAnyKey);
        if (evicting is not null && !_saidEviction)
            LogEviction(evicting.EndPoint, evicting.MaxMemoryPolicy);
        _saidEviction = evicting is not null;
    }

    /// <summary>
    /// Makes a server fit for use. Any failure means: not verified. Nobody uses it meanwhile, unless it is known and
    /// has only lost a mark, as when it was flushed.
    /// </summary>
    private async Task PrepareAsync(RedisProbe probe, CancellationToken stopping)
    {
        await connection.LoadAsync(probe, _scripts);
        await TellEpochAsync(await journal.ReadEpochAsync());
        LogReplayed(await _recovery.RunAsync(stopping));
    }

    /// <summary>Looking into the database with every probe would be most of what an idle instance costs.</summary>
    private bool IsRetryDue() => !connection.IsVerified || _leftOver || journal.IsUnsettled
        || Stopwatch.GetElapsedTime(_retriedAt) >= BetweenRetries;

    /// <summary>
    /// Repeats what Redis has not confirmed. A failure waits for the next time, and stops no other. False if a mark is
    /// missing: then nobody knows what the data has.
    /// </summary>
    private async Task<bool> RetryAsync()
    {
        (_retriedAt, _leftOver) = (Stopwatch.GetTimestamp(), false);
        try
        {
            if (await journal.ReadEpochAsync() is var epoch && epoch.Number > _toldEpoch)
                await TellEpochAsync(epoch);
        }
        catch (Exception e)
        {
            _leftOver = true;
            LogEpochNotTold(e);
        }

        var areCounted = true;
        try
        {
            List<JournalRow> rows = [];
            while ((rows = await journal.ReadLeftAsync(rows.LastOrDefault()?.Id ?? 0, Batch)).Count > 0)
            {
                var tries = rows.Select(row => (row.Id, Place: _recovery.RepeatAsync(row.Tag, [row]))).ToList();
                await ((Task)Task.WhenAll(tries.Select(t => t.Place)))
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                var done = tries.Where(t => t.Place.IsCompletedSuccessfully).ToList();
                PlacedRow[] placed =
                [
                    .. done.Where(t => t.Place.Result is not null)
                        .Select(t => new PlacedRow(t.Id, t.Place.Result!.Value)),
                ];
                await journal.TryPlaceAsync(placed);
                if (placed.Length > 0)
                    LogRetried(placed.Length, rows.Count);
                _leftOver |= placed.Length < rows.Count;
                areCounted &= placed.Length == done.Count;
            }
        }
        catch (Exception e)
        {
            _leftOver = true;
            LogJournalUnreadable(e);
        }

        return areCounted;
    }

    /// <summary>Number 0 is told as it is asked for: it takes nothing from anybody.</summary>
    private async Task TellEpochAsync(SessionEpoch epoch)
    {
        if (epoch.Number > 0)
            await _epochs.TellAsync(epoch);
        _toldEpoch = epoch.Number;
    }

    private async Task SweepAsync()
    {
        if (_sweptAt is { } before && clock.GetElapsedTime(before) < SweepInterval)
            return;

        _sweptAt = clock.GetTimestamp();
        try
        {
            await journal.SweepAsync();
        }
        catch (Exception e)
        {
            LogJournalUnreadable(e);
        }
    }

    [LoggerMessage(20, LogLevel.Information,
        "A Redis server that was not known yet is in use: {Count} revocations that it may lack were repeated on it")]
    private partial void LogReplayed(int count);

    [LoggerMessage(21, LogLevel.Warning,
        "Redis is not in use: sessions can't be read until it answers and has every revocation")]
    private partial void LogDown(Exception e);

    [LoggerMessage(24, LogLevel.Information, "Redis is in use again")]
    private partial void LogUp();

    [LoggerMessage(22, LogLevel.Information, "{Done} of {Count} unconfirmed revocations were confirmed by Redis")]
    private partial void LogRetried(int done, int count);

    [LoggerMessage(23, LogLevel.Error, "The journal of revocations could not be read or swept")]
    private partial void LogJournalUnreadable(Exception e);

    [LoggerMessage(26, LogLevel.Error,
        "Whether everyone's sessions were ended could not be read, or not all of Redis has confirmed it; "
        + "it is tried again")]
    private partial void LogEpochNotTold(Exception e);

    [LoggerMessage(25, LogLevel.Warning,
        "Redis at {EndPoint} has maxmemory-policy {Policy}: when its memory is full it may drop the key ring, which "
        + "signs everybody out, and what finds the sessions that are to end. Set the policy to noeviction")]
    private partial void LogEviction(string endPoint, string policy);
}
