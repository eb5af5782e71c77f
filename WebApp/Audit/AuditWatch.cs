using System.Data.Common;

namespace WebApp.Audit;

/// <summary>
/// Sees to it that the app does not start with a key that does not fit, and tells the application log every hour where the audit log ends. Whoever collects
/// standard output so holds, outside of this machine, what a log that was cut off or written anew can't agree with.
/// </summary>
internal sealed partial class AuditWatch(AuditLog audit, AuditBeginning beginning, TimeProvider clock, ILogger<AuditWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    private AuditAnchor? _told;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await beginning.CheckAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Tells the head, if it rose since it was told last.</summary>
    internal async Task TellAsync()
    {
        try
        {
            var head = await audit.HeadAsync();
            if (head.LastId != _told?.LastId)
                LogHead(head);
            _told = head;
        }
        catch (Exception e) when (e is DbException or AuditChainException)
        {
            LogNoHead(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        do
        {
            await TellAsync();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The audit log's head is {Head}")]
    private partial void LogHead(AuditAnchor head);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log's head could not be read")]
    private partial void LogNoHead(Exception exception);
}
