using System.Diagnostics;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Watches over the connection: probes it every second (four times a second while it is down, and at once when something happens),
/// and lets calls through only when no server holds sessions that were revoked.
/// </summary>
/// <remarks>
/// A server that was restarted from an old snapshot, or a replica that took over, may have lost revocations. So on a server that this process
/// doesn't know yet, the whole journal is repeated before the connection counts as verified. On a known one, what it did not confirm is
/// repeated: first thing after an outage, with every probe while there is something, and every five seconds for what
/// another instance left behind.
/// </remarks>
internal sealed partial class RedisMonitor(RedisConnection connection, RevocationJournal journal, TimeProvider clock, ILogger<RedisMonitor> logger) : BackgroundService
{
    private const int Batch = 200;
    private static readonly TimeSpan WhileUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileDown = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenRetries = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private readonly RedisRevocations _revocations = new(
        (userId, script, keys, args) => connection.EvaluateUnverifiedAsync(script, keys, [RedisKeys.UserBytes(userId), .. args]), clock);
    private readonly RedisEpochs _epochs = new(connection.EvaluateUnverifiedAsync);
    private HashSet<string> _known = [];
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
            var identities = probe.Masters.Select(m => m.Identity).ToHashSet(StringComparer.Ordinal);
            if (!identities.IsSubsetOf(_known))
                await ReplayAsync(stopping);
            else if (IsRetryDue())
                await RetryAsync();

            if (!connection.TryVerify(probe))
                return false;

            _known = identities;
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

    /// <summary>Once, and again only after it was put right in between.</summary>
    private void WarnOfEviction(IEnumerable<RedisServerFacts> masters)
    {
        var evicting = masters.FirstOrDefault(master => master.MayEvictAnyKey);
        if (evicting is not null && !_saidEviction)
            LogEviction(evicting.EndPoint, evicting.MaxMemoryPolicy);
        _saidEviction = evicting is not null;
    }

    /// <summary>Repeats the whole journal, while nobody may use what may have gone back in time. Any failure means: not verified.</summary>
    private async Task ReplayAsync(CancellationToken stopping)
    {
        connection.HoldBack();
        await TellEpochAsync(await journal.ReadEpochAsync());
        var count = 0;
        for (List<JournalRow> rows = []; (rows = await journal.ReadAsync(rows.LastOrDefault()?.Id ?? 0, Batch)).Count > 0; count += rows.Count)
        {
            stopping.ThrowIfCancellationRequested();
            await Task.WhenAll(rows.Select(RepeatAsync));
            await ConfirmAsync(rows.Where(row => !row.Confirmed));
        }

        LogReplayed(count);
    }

    /// <summary>To look into the database with every probe is most of what an idle instance would cost.</summary>
    private bool IsRetryDue() =>
        !connection.IsVerified || _leftOver || journal.IsUnsettled
        || Stopwatch.GetElapsedTime(_retriedAt) >= BetweenRetries;

    /// <summary>Repeats what Redis has not confirmed. What fails is left for the next time; it does not take the others down with it.</summary>
    private async Task RetryAsync()
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

        try
        {
            for (List<JournalRow> rows = []; (rows = await journal.ReadUnconfirmedAsync(rows.LastOrDefault()?.Id ?? 0, Batch)).Count > 0;)
            {
                var tries = rows.Select(row => (row, Task: RepeatAsync(row))).ToList();
                await Task.WhenAll(tries.Select(t => t.Task)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                var done = tries.Where(t => t.Task.IsCompletedSuccessfully).Select(t => t.row).ToList();
                await ConfirmAsync(done);
                if (done.Count > 0)
                    LogRetried(done.Count, rows.Count);
                _leftOver |= done.Count < rows.Count;
            }
        }
        catch (Exception e)
        {
            _leftOver = true;
            LogJournalUnreadable(e);
        }
    }

    /// <summary>Number 0 is told as it is asked for: it takes nothing from anybody.</summary>
    private async Task TellEpochAsync(SessionEpoch epoch)
    {
        if (epoch.Number > 0)
            await _epochs.TellAsync(epoch);
        _toldEpoch = epoch.Number;
    }

    private Task RepeatAsync(JournalRow row) => _revocations.RepeatAsync(row);

    private async Task ConfirmAsync(IEnumerable<JournalRow> rows)
    {
        long[] ids = [.. rows.Select(row => row.Id)];
        if (ids.Length > 0)
            await journal.TryConfirmAsync(ids);
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

    [LoggerMessage(20, LogLevel.Information, "A Redis server that was not known yet is in use: {Count} revocations were repeated on it")]
    private partial void LogReplayed(int count);

    [LoggerMessage(21, LogLevel.Warning, "Redis is not in use: sessions can't be read until it answers and every revocation has been repeated on it")]
    private partial void LogDown(Exception e);

    [LoggerMessage(24, LogLevel.Information, "Redis is in use again")]
    private partial void LogUp();

    [LoggerMessage(22, LogLevel.Information, "{Done} of {Count} unconfirmed revocations were confirmed by Redis")]
    private partial void LogRetried(int done, int count);

    [LoggerMessage(23, LogLevel.Error, "The journal of revocations could not be read or swept")]
    private partial void LogJournalUnreadable(Exception e);

    [LoggerMessage(26, LogLevel.Error, "Whether everyone's sessions were ended could not be read, or not all of Redis has confirmed it; it is tried again")]
    private partial void LogEpochNotTold(Exception e);

    [LoggerMessage(25, LogLevel.Warning, "Redis at {EndPoint} has maxmemory-policy {Policy}: when its memory is full it may drop the key ring, which signs everybody out. Set the policy to noeviction")]
    private partial void LogEviction(string endPoint, string policy);
}
