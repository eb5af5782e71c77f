using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Passwords;

namespace WebApp.Accounts;

/// <summary>
/// Where everything that hashes a password waits for its turn, first come first served; waiting costs no thread. A hash takes a tenth of a second
/// of a core: without the gate a flood of sign-ins takes every core and thread from those who are signed in (ASVS 5.0, 15.2.2).
/// </summary>
public sealed partial class PasswordGate(IOptions<PasswordSettings> options, TimeProvider clock, ILogger<PasswordGate> logger) : IDisposable
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    // Its queue is bounded by time rather than by length, in EnterAsync.
    private readonly ConcurrencyLimiter _turns = new(new()
    {
        PermitLimit = options.Value.ParallelHashes,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        QueueLimit = int.MaxValue,
    });

    private readonly Lock _lock = new();
    // What a turn takes, smoothed; a guess until the first is over.
    private TimeSpan _turn = TimeSpan.FromMilliseconds(100);
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;
    private int _turnedAway;

    /// <summary>How many wait at this moment.</summary>
    public long Waiting => _turns.GetStatistics()!.CurrentQueuedCount;

    /// <summary>Waits for a turn. It lasts until the answer is disposed.</summary>
    /// <param name="left">Cancelled when whoever waits has left: the place in the queue goes to the next.</param>
    /// <exception cref="PasswordsBusyException">The wait would be longer than <see cref="PasswordSettings.LongestWait"/>.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken left)
    {
        ValueTask<RateLimitLease> place;
        lock (_lock)
        {
            if (ExpectedWait() > options.Value.LongestWait)
            {
                CountTurnedAway();
                throw new PasswordsBusyException();
            }

            place = _turns.AcquireAsync(1, left);
        }

        return new Turn(this, await place, clock.GetTimestamp());
    }

    public void Dispose() => _turns.Dispose();

    private TimeSpan ExpectedWait() => _turns.GetStatistics()!.CurrentAvailablePermits > 0 ? TimeSpan.Zero : (Waiting + 1) * _turn / options.Value.ParallelHashes;

    private void CountTurnedAway()
    {
        _turnedAway++;
        var now = clock.GetUtcNow();
        if (now < _nextWarning)
            return;

        LogTurnedAway(_turnedAway, Waiting, options.Value.ParallelHashes, (long)_turn.TotalMilliseconds);
        (_nextWarning, _turnedAway) = (now + BetweenWarnings, 0);
    }

    private void Leave(long since)
    {
        lock (_lock)
            _turn += (clock.GetElapsedTime(since) - _turn) / 8;
    }

    // A flood of sign-ins must not become one of lines.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Too many passwords to check: {Count} requests were turned away since this was last said; {Waiting} wait, and {Parallel} at a time take {Milliseconds} ms each")]
    private partial void LogTurnedAway(int count, long waiting, int parallel, long milliseconds);

    private sealed class Turn(PasswordGate gate, RateLimitLease lease, long since) : IDisposable
    {
        public void Dispose()
        {
            gate.Leave(since);
            lease.Dispose();
        }
    }
}

/// <summary>Too many wait to have a password hashed. Nothing was judged, counted or changed.</summary>
public sealed class PasswordsBusyException() : Exception("Too many wait to have a password hashed.");
