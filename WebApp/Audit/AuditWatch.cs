using System.Data.Common;

namespace WebApp.Audit;

/// <summary>
/// Sees to it that the app does not start with a key that does not fit, and tells the application log every hour where the audit log ends. Whoever collects
/// standard output so holds, outside of this machine, what a log that was cut off or written anew can't agree with. While the app runs it finds that out by itself.
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

    /// <summary>Tells the head, if it rose since it was told last; and if what was told last is no longer part of the log, that.</summary>
    internal async Task TellAsync()
    {
        try
        {
            var head = await audit.HeadAsync();
            if (_told is { } told && !await IsPartAsync(told, head))
                LogWentBack(told, head);
            if (head.ToString() != _told?.ToString())
                LogHead(head);
            _told = head;
        }
        catch (Exception e) when (e is DbException or AuditChainException)
        {
            LogNoHead(e);
        }
    }

    /// <summary>What is missing below the head went by age.</summary>
    private async Task<bool> IsPartAsync(AuditAnchor told, AuditAnchor head) =>
        told.LastId <= head.LastId && !(await audit.FindLinkAsync(told.LastId) is { } link && !AuditChain.Equal(link, told.Chain));

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

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log was put back or written anew: its head was {Told}, which is not part of it any more; now it is {Head}")]
    private partial void LogWentBack(AuditAnchor told, AuditAnchor head);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log's head could not be read")]
    private partial void LogNoHead(Exception exception);
}
