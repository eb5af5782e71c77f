using System.Data.Common;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>
/// Mail on its way out. Whoever sends does not wait and can't fail: a request is over before its mail is tried, so
/// neither its success nor its time depends on the mail server. The mail is in the database a moment later
/// (<see cref="MailRows"/>), where it survives a restart. Several are handed over at the same time, the most urgent
/// first; one that failed waits aside, and lets the others pass.
/// </summary>
#pragma warning disable CA1711 // It is one, though no collection.
public sealed partial class MailQueue(
    Mailer mailer, MailRows rows, IOptions<MailOptions> options, TimeProvider clock, ILogger<MailQueue> logger)
    : BackgroundService
#pragma warning restore CA1711
{
    /// <summary>In multiples of <see cref="MailOptions.RetryAfter"/>; the last one is repeated.</summary>
    private static readonly int[] Pauses = [1, 6, 24, 120, 720];

    private const int MaxTries = 28;

    /// <summary>How many rows one transaction adds: others want to write, too.</summary>
    private const int MostAtOnce = 200;

    /// <summary>
    /// After as many mails that the server put off, and none that it took, it is not about their recipients any more.
    /// </summary>
    private const int PutOffInARow = 10;

    /// <summary>What another instance or the command line left is found by looking.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LossIsRemembered = TimeSpan.FromHours(1);

    // On its way into the database, which may be out of reach.
    private readonly Channel<Letter> _inbox = Channel.CreateUnbounded<Letter>();
    private readonly List<Letter> _unsaved = [];
    private readonly SemaphoreSlim _saving = new(1);
    private readonly SemaphoreSlim _free = new(0);
    // Not disposed: the last tries may go on while the app's services are being disposed.
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _bell = NewBell();
    private int _bulkUnderWay;
    private volatile bool _bulkRests;
    private volatile bool _databaseFails;
    private int _putOff;
    private int _dropped;
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;
    private DateTimeOffset? _lostAt;
    private string? _problem;

    /// <summary>Returns at once, and never throws; false when the mail was dropped, which is logged.</summary>
    public bool TryEnqueue(OutgoingMail mail)
    {
        if (_inbox.Reader.Count < options.Value.QueueSize
            && _inbox.Writer.TryWrite(new(Guid.NewGuid(), clock.GetUtcNow(), mail)))
            return true;

        CountDropped(1);
        return false;
    }

    /// <summary>
    /// Returns when whatever was enqueued before is in the database, or in its file if there is no server. When the
    /// queue is full, mail is dropped for it or instead of it, which is logged.
    /// </summary>
    /// <exception cref="DbException">The database did not answer; it is tried again.</exception>
    /// <exception cref="DbUpdateException">As <see cref="DbException"/>.</exception>
    public async Task SaveAsync()
    {
        await _saving.WaitAsync();
        try
        {
            do
            {
                while (_unsaved.Count < MostAtOnce && _inbox.Reader.TryRead(out var letter))
                {
                    if (options.Value.HasServer || !await TryWriteAsync(letter))
                        _unsaved.Add(letter);
                }

                if (_unsaved.Count > 0 && await rows.AddAsync(_unsaved) is var dropped and > 0)
                    CountDropped(dropped);
                _unsaved.Clear();
                Ring();
            }
            while (_inbox.Reader.TryPeek(out _));
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>
    /// Whether less than half of the queue is taken. Whoever has many mails, and can wait, leaves the rest to those who
    /// can't.
    /// </summary>
    public async Task<bool> HasRoomAsync() => await rows.CountAsync() < (options.Value.QueueSize + 1) / 2;

    /// <summary>What an operator should know, in words; null when all is well.</summary>
    /// <exception cref="DbException">The database did not answer.</exception>
    public async Task<string?> FindTroubleAsync()
    {
        lock (_lock)
        {
            if (_lostAt is { } lost && clock.GetUtcNow() - lost < LossIsRemembered)
                return "Mail was lost within the last hour.";
        }

        return await rows.FindTroubleAsync() is { } trouble ? $"Mail waits, because it could not be sent: {trouble}."
            : Volatile.Read(ref _putOff) >= PutOffInARow
                ? "The mail server puts off all mail; what is to be sent waits."
            : null;
    }

    /// <summary>
    /// What somebody waits for, or is to know of, is sent if a few seconds are enough. The rest is in the database.
    /// </summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _end.CancelAfter(LongestDrain);
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _free.Release(options.Value.MostAtOnce);
        await Task.WhenAll(KeepSavingAsync(stoppingToken), KeepSendingAsync(stoppingToken));
        _inbox.Writer.TryComplete();
        if (!await TrySaveAsync())
            LogUnsaved(_unsaved.Count + _inbox.Reader.Count);
        await DrainAsync();
        await mailer.CloseIdleAsync();
    }

    /// <summary>A file needs no queue, unless it can't be written.</summary>
    private async Task<bool> TryWriteAsync(Letter letter)
    {
        var delivery = await mailer.DeliverAsync(letter, _end.Token);
        if (delivery.Fate == MailFate.Failed)
            return false;

        Note(delivery);
        return true;
    }

    private async Task KeepSavingAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _inbox.Reader.WaitToReadAsync(stoppingToken))
            {
                while (!await TrySaveAsync())
                    await Task.Delay(AfterTrouble, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The last look at what is left comes with the end.
        }
    }

    private async Task KeepSendingAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(stoppingToken);
                var bell = NewBell();
                Volatile.Write(ref _bell, bell);
                var lowest = MayBulkGo() ? MailPriority.Bulk : MailPriority.Notice;
                if (await TryClaimAsync(lowest) is { } mail)
                {
                    _ = SendAsync(mail);
                    continue;
                }

                _free.Release();
                await RestAsync(lowest, bell.Task, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The app stops.
        }
    }

    private async Task RestAsync(MailPriority lowest, Task bell, CancellationToken stoppingToken)
    {
        var pause = await TryLookAheadAsync(lowest) is { } due && due < BetweenLooks ? due : BetweenLooks;
        await bell.WaitAsync(pause < ShortestPause ? ShortestPause : pause, clock, stoppingToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stoppingToken.ThrowIfCancellationRequested();
        if (pause == BetweenLooks && !bell.IsCompleted)
            _ = mailer.CloseIdleAsync();
    }

    /// <summary>Never throws.</summary>
    private async Task SendAsync(WaitingMail mail)
    {
        var isBulk = mail.Priority == MailPriority.Bulk;
        if (isBulk)
        {
            Interlocked.Increment(ref _bulkUnderWay);
            _bulkRests = true;
            _ = EndBulkRestAsync();
        }

        // The claim of a mail that can't be recorded as sent runs out, and it is sent twice: so that is tried more than
        // once.
        var delivery = await TryAsync(mail);
        for (var tries = 0; tries < 3 && !await TryGuardAsync(() => SettleAsync(mail, delivery)); tries++)
            await Task.Delay(AfterTrouble, clock);
        if (isBulk)
            Interlocked.Decrement(ref _bulkUnderWay);
        _free.Release();
        Ring();
    }

    private async Task<MailDelivery> TryAsync(WaitingMail mail)
    {
        if (rows.Open(mail) is not { } letter)
            return new(MailFate.Failed, "the key ring does not open a mail that waits");

        // Not cut short by the beginning of the shutdown: half a dialogue might be a whole mail for the server, and be
        // sent twice.
        return await mailer.DeliverAsync(letter, _end.Token);
    }

    private async Task SettleAsync(WaitingMail mail, MailDelivery delivery)
    {
        if (delivery.Fate == MailFate.Failed && _end.IsCancellationRequested)
        {
            await rows.ReleaseAsync(mail);
            return;
        }

        Note(delivery);
        if (delivery.Fate is MailFate.Sent or MailFate.Refused)
        {
            await rows.DeleteAsync(mail);
        }
        else if (mail.Tries + 1 < MaxTries)
        {
            await rows.PostponeAsync(mail, options.Value.RetryAfter * Pauses[Math.Min(mail.Tries, Pauses.Length - 1)],
                delivery.Fate == MailFate.Failed ? delivery.Problem : null);
        }
        else
        {
            await rows.DeleteAsync(mail);
            LogGivenUp(mail.Tries + 1);
            RememberLoss();
        }
    }

    private void Note(MailDelivery delivery)
    {
        lock (_lock)
        {
            switch (delivery.Fate)
            {
                case MailFate.Sent:
                    if (_problem is not null)
                        LogSentAgain();
                    (_problem, _putOff) = (null, 0);
                    break;
                case MailFate.Refused:
                    LogRefused(delivery.Problem);
                    break;
                case MailFate.PutOff:
                    _putOff++;
                    LogPutOff(delivery.Problem);
                    break;
                default:
                    if (_problem != delivery.Problem)
                        LogFailing(delivery.Problem);
                    _problem = delivery.Problem;
                    break;
            }
        }
    }

    private bool MayBulkGo() =>
        !_bulkRests && Volatile.Read(ref _bulkUnderWay) < Math.Max(options.Value.MostAtOnce - 1, 1);

    private async Task EndBulkRestAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(1.0 / options.Value.BulkPace), clock);
        _bulkRests = false;
        Ring();
    }

    private async Task DrainAsync()
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(_end.Token);
                if (await TryClaimAsync(MailPriority.Notice) is not { } mail)
                    break;

                _ = SendAsync(mail);
            }

            _free.Release();
        }
        catch (OperationCanceledException)
        {
            // Time is up.
        }

        // What is under way ends with the token, and records how.
        for (var i = 0; i < options.Value.MostAtOnce; i++)
            await _free.WaitAsync(AfterTrouble);
    }

    private async Task<WaitingMail?> TryClaimAsync(MailPriority lowest)
    {
        WaitingMail? mail = null;
        await TryGuardAsync(async () => mail = await rows.ClaimAsync(lowest));
        return mail;
    }

    private async Task<TimeSpan?> TryLookAheadAsync(MailPriority lowest)
    {
        TimeSpan? due = null;
        await TryGuardAsync(async () => due = await rows.UntilDueAsync(lowest));
        return due;
    }

    private Task<bool> TrySaveAsync() => TryGuardAsync(SaveAsync);

    /// <summary>False if it failed: the database does not answer, or is not migrated yet.</summary>
    private async Task<bool> TryGuardAsync(Func<Task> act)
    {
        try
        {
            await act();
            _databaseFails = false;
            return true;
        }
#pragma warning disable CA1031 // All mail depends on this service, and each of its steps is tried again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_databaseFails)
                LogDatabaseFails(e);
            _databaseFails = true;
            return false;
        }
    }

    private void CountDropped(int count)
    {
        lock (_lock)
        {
            RememberLoss();
            _dropped += count;
            var now = clock.GetUtcNow();
            if (now < _nextWarning)
                return;

            LogDropped(_dropped, options.Value.QueueSize);
            (_nextWarning, _dropped) = (now + BetweenWarnings, 0);
        }
    }

    private void RememberLoss()
    {
        lock (_lock)
            _lostAt = clock.GetUtcNow();
    }

    private void Ring() => Volatile.Read(ref _bell).TrySetResult();

    private static TaskCompletionSource NewBell() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Counts and kinds only: who gets mail, and what it says, is nobody's business who reads logs.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Mail can't be sent ({Problem}); it waits and is tried again")]
    private partial void LogFailing(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mail is sent again")]
    private partial void LogSentAgain();

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A mail was refused for good ({Problem}); it is not tried again")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "A mail was put off by its server ({Problem}); it waits and is tried again")]
    private partial void LogPutOff(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A mail was given up after {Tries} tries")]
    private partial void LogGivenUp(int tries);

    // A flood of mail must not become one of lines.
    [LoggerMessage(Level = LogLevel.Error,
        Message = "Mail:QueueSize ({QueueSize}) is reached: {Count} mails were dropped since this was last said")]
    private partial void LogDropped(int count, int queueSize);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The app stops with {Count} mails that the database did not take; they are lost")]
    private partial void LogUnsaved(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mail in the database can't be reached; it is tried again")]
    private partial void LogDatabaseFails(Exception exception);
}
