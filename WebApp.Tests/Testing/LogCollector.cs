using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace WebApp.Tests.Testing;

/// <summary>
/// Keeps what is logged: by the app, of database commands and of endpoints at any level, by others from warnings on.
/// To write down the framework's chatter, too, takes longer than the requests that it tells of.
/// </summary>
public sealed class LogCollector : ILoggerProvider
{
    private static readonly string[] Whole =
        ["WebApp", "Microsoft.EntityFrameworkCore.Database.Command", "Microsoft.AspNetCore.Routing.EndpointMiddleware"];

    private readonly ConcurrentQueue<string> _lines = [];

    /// <summary>Every line of every level from now on, for tests that look for what no line may hold.</summary>
    public bool KeepsEverything { get; set; }

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>
    /// Whether such a line has come after the first <paramref name="count"/>. For waiting: to read the whole log takes
    /// longer than what is waited for.
    /// </summary>
    public bool HasSince(int count, Func<string, bool> condition) => _lines.Skip(count).Any(condition);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogCollector collector, string category) : ILogger
    {
        private readonly LogLevel _floor = Array.Exists(Whole, name => category.StartsWith(name, StringComparison.Ordinal))
            ? LogLevel.Trace
            : LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _floor || collector.KeepsEverything;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                collector._lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
    }
}
