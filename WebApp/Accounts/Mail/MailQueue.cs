using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>
/// Mail on its way out, in memory. Whoever sends does not wait and can't fail: a request is over before its mail is tried, so neither its success nor
/// its time depends on the mail server. One mail is sent at a time; one that failed waits aside, and lets the others pass. What waits aside is
/// the first to go when the queue is full: mail that no server takes must not keep out mail that one would.
/// </summary>
#pragma warning disable CA1711 // It is one, though no collection.
public sealed partial class MailQueue(Mailer mailer, IOptions<MailOptions> options, TimeProvider clock, ILogger<MailQueue> logger) : BackgroundService
#pragma warning restore CA1711
{
    /// <summary>In multiples of <see cref="MailOptions.RetryAfter"/>; the last one is repeated.</summary>
    private static readonly int[] Pauses = [1, 6, 24, 120, 720];

    private const int MaxTries = 28;
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LossIsRemembered = TimeSpan.FromHours(1);

    // Bounded by _count, which counts those that wait for another try as well.
    private readonly Channel<Letter> _ready = Channel.CreateUnbounded<Letter>(new() { SingleReader = true });
    // Not disposed: the last tries may go on while the app's services are being disposed.
    private readonly CancellationTokenSource _end = new();
    // Those that wait for another try, the oldest first.
    private readonly SortedSet<long> _aside = [];
    private readonly Lock _lock = new();
    private long _lastNumber;
    private int _count;
    private int _dropped;
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;
    private DateTimeOffset? _lostAt;
    private volatile bool _failing;

    /// <summary>What an operator should know, in words; null when all is well.</summary>
    public string? Trouble
    {
        get
        {
            lock (_lock)
            {
                return _lostAt is { } lost && clock.GetUtcNow() - lost < LossIsRemembered ? "Mail was lost within the last hour."
                    : _failing ? "The mail server does not take mail; what is to be sent waits."
                    : null;
            }
        }
    }

    /// <summary>Whether less than half of the queue is taken. Whoever has many mails, and can wait, leaves the rest to those who can't.</summary>
    public bool HasRoom => Volatile.Read(ref _count) < (options.Value.QueueSize + 1) / 2;

    /// <summary>
    /// Returns at once, and never throws. When the queue is full, the oldest mail that waits for another try is dropped for this one; false when there
    /// is none, and this one is dropped. Either is logged.
    /// </summary>
    public bool TryEnqueue(OutgoingMail mail)
    {
        if (TryTakePlace())
        {
            if (_ready.Writer.TryWrite(new(mail, Interlocked.Increment(ref _lastNumber))))
                return true;

            Interlocked.Decrement(ref _count);
        }

        CountDropped();
        return false;
    }

    /// <summary>What is in the queue gets a last try, for a few seconds altogether.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _end.CancelAfter(LongestDrain);
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Not by ReadAllAsync, which looks at the token only when the queue is empty.
            while (true)
            {
                var letter = await _ready.Reader.ReadAsync(stoppingToken);
                if (await TryAsync(letter) || !MayBeTriedAgain(letter))
                    Interlocked.Decrement(ref _count);
                else
                    _ = ReturnLaterAsync(letter, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            await DrainAsync();
        }
    }

    /// <summary>Whether the mail needs no other try: sent, or refused for good.</summary>
    private async Task<bool> TryAsync(Letter letter)
    {
        letter.Tries++;
        // Not cut short by the beginning of the shutdown: half a dialogue might be a whole mail for the server, and be sent twice.
        var delivery = await mailer.DeliverAsync(letter.Mail, _end.Token);
        if (delivery.Fate == MailFate.Failed)
        {
            if (!_failing)
                LogFailing(delivery.Problem);
            _failing = true;
            return false;
        }

        if (delivery.Fate == MailFate.Refused)
            LogRefused(delivery.Problem);
        else if (_failing)
            LogSentAgain();
        _failing = false;
        return true;
    }

    private bool MayBeTriedAgain(Letter letter)
    {
        if (letter.Tries < MaxTries)
            return true;

        LogGivenUp(letter.Tries);
        RememberLoss();
        return false;
    }

    private async Task ReturnLaterAsync(Letter letter, CancellationToken stoppingToken)
    {
        lock (_lock)
            _aside.Add(letter.Number);
        var pause = options.Value.RetryAfter * Pauses[Math.Min(letter.Tries, Pauses.Length) - 1];
        await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            // Dropped for a newer one meanwhile.
            if (!_aside.Remove(letter.Number))
                return;
        }

        _ready.Writer.TryWrite(letter);
    }

    private async Task DrainAsync()
    {
        var unsent = 0;
        try
        {
            for (; Volatile.Read(ref _count) > 0; Interlocked.Decrement(ref _count))
                unsent += await TryAsync(await _ready.Reader.ReadAsync(_end.Token)) ? 0 : 1;
        }
        catch (OperationCanceledException)
        {
            unsent += Volatile.Read(ref _count);
        }

        _ready.Writer.TryComplete();
        if (unsent > 0)
            LogUnsent(unsent);
    }

    private bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _count) <= options.Value.QueueSize)
            return true;

        Interlocked.Decrement(ref _count);
        lock (_lock)
        {
            if (_aside.Count == 0 || !_aside.Remove(_aside.Min))
                return false;
        }

        CountDropped();
        return true;
    }

    private void CountDropped()
    {
        RememberLoss();
        lock (_lock)
        {
            _dropped++;
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

    // Counts and kinds only: who gets mail, and what it says, is nobody's business who reads logs.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Mail can't be sent ({Problem}); it waits and is tried again")]
    private partial void LogFailing(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mail is sent again")]
    private partial void LogSentAgain();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A mail's recipient was refused for good ({Problem}); it is not tried again")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A mail was given up after {Tries} tries")]
    private partial void LogGivenUp(int tries);

    // A flood of mail must not become one of lines.
    [LoggerMessage(Level = LogLevel.Error, Message = "Mail:QueueSize ({QueueSize}) is reached: {Count} mails were dropped since this was last said")]
    private partial void LogDropped(int count, int queueSize);

    [LoggerMessage(Level = LogLevel.Error, Message = "The app stops with {Count} mails unsent; they are lost")]
    private partial void LogUnsent(int count);

    private sealed class Letter(OutgoingMail mail, long number)
    {
        public OutgoingMail Mail { get; } = mail;

        /// <summary>Rises with every mail.</summary>
        public long Number { get; } = number;

        public int Tries { get; set; }
    }
}
