using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
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

    private static readonly HttpContextAccessor Requests = new();

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly AsyncLocal<ConcurrentQueue<string>?> _own = new();

    /// <summary>Every line of every level from now on, for tests that look for what no line may hold.</summary>
    public bool KeepsEverything { get; set; }

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What was logged while a request was served, and not by the app's workers.</summary>
    public IReadOnlyCollection<string> LinesOfRequests => _requests;

    /// <summary>
    /// What the act itself logs, and not what the app's workers and other tests log meanwhile. The app must have
    /// started; requests are served elsewhere, so theirs are not among them.
    /// </summary>
    public async Task<IReadOnlyCollection<string>> LinesOfAsync(Func<Task> act)
    {
        var own = new ConcurrentQueue<string>();
        _own.Value = own;
        await act();
        return own;
    }

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
            if (!IsEnabled(logLevel))
                return;

            var line = $"{logLevel} {category}: {formatter(state, exception)} {exception}";
            collector._lines.Enqueue(line);
            collector._own.Value?.Enqueue(line);
            if (Requests.HttpContext is not null)
                collector._requests.Enqueue(line);
        }
    }
}
