namespace WebApp.Tests.Testing;

/// <summary>A step of a request that goes on only when the test lets it.</summary>
public sealed class Held : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    /// <summary>Returns once the request has come to the step.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(Eventually.Patience);

    /// <summary>Lets it go on.</summary>
    public void Dispose() => _released.Set();

    internal void Wait()
    {
        _reached.TrySetResult();
        if (!_released.Wait(Eventually.Patience))
            throw new TimeoutException("Nobody let the request go on.");
    }
}
