using System.Collections.Concurrent;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Logs the errors that Redis answers. An outage must not become a flood of lines: an operation's errors of one code
/// are logged at most once a minute, with how many were left out.
/// </summary>
internal sealed partial class RedisErrorLog(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Operation, string Code), Kind> _kinds = [];

    /// <param name="operation">The script or method that asked. There are few, and they are no secret.</param>
    /// <param name="error">Redis' answer.</param>
    public void Add(string operation, RedisError error)
    {
        if (_kinds.GetOrAdd((operation, error.Code), _ => new()).Take(clock) is { } leftOut)
            LogError(operation, error.Text, leftOut);
    }

    [LoggerMessage(2, LogLevel.Error, "Redis refused {Operation}: {Error} ({LeftOut} more were not logged before)")]
    private partial void LogError(string operation, string error, int leftOut);

    private sealed class Kind
    {
        private readonly Lock _lock = new();
        private long? _loggedAt;
        private int _leftOut;

        /// <summary>How many were left out since the last line; null if this one is to be left out, too.</summary>
        public int? Take(TimeProvider clock)
        {
            lock (_lock)
            {
                if (_loggedAt is { } last && clock.GetElapsedTime(last) < Pause)
                {
                    _leftOut++;
                    return null;
                }

                var leftOut = _leftOut;
                (_loggedAt, _leftOut) = (clock.GetTimestamp(), 0);
                return leftOut;
            }
        }
    }
}
