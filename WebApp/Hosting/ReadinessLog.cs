using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WebApp.Hosting;

/// <summary>
/// Says in the log what <c>/health/ready</c> finds, when it changes: probes come every few seconds. A degraded state is
/// logged by the part that found it.
/// </summary>
internal sealed partial class ReadinessLog(ILogger<ReadinessLog> logger)
{
    private string _unhealthy = "";

    public void Note(HealthReport report)
    {
        var unhealthy = report.Entries.Where(check => check.Value.Status == HealthStatus.Unhealthy).ToList();
        var names = string.Join(", ", unhealthy.Select(check => check.Key));
        if (Interlocked.Exchange(ref _unhealthy, names) == names)
            return;

        if (names.Length == 0)
            LogReady();
        else
            LogNotReady(string.Join(' ', unhealthy.Select(check => WordsOn(check.Value))));
    }

    private static string WordsOn(HealthReportEntry check) =>
        $"{check.Description} {check.Exception?.Message}".TrimEnd();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready: {Why}")]
    private partial void LogNotReady(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready")]
    private partial void LogReady();
}
