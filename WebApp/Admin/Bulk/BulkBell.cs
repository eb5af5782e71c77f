namespace WebApp.Admin.Bulk;

/// <summary>Wakes those who work behind the requests: there is something to do.</summary>
public sealed class BulkBell(TimeProvider clock)
{
    private TaskCompletionSource _rung = New();

    public void Ring() => Interlocked.Exchange(ref _rung, New()).TrySetResult();

    /// <summary>Until it rings, at the longest for <paramref name="time"/>. Take the token before looking for work, or what comes meanwhile is missed.</summary>
    internal async Task WaitAsync(Task token, TimeSpan time, CancellationToken stoppingToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(token, Task.Delay(time, clock, end.Token));
        await end.CancelAsync();
    }

    internal Task Token => _rung.Task;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
