namespace WebApp.Sessions.Redis;

/// <summary>
/// Remembers for a minute that Redis refused to write: it answers all reads then, so nothing else tells.
/// </summary>
internal sealed class RefusedWrites(TimeProvider clock)
{
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private volatile Refusal? _last;

    /// <summary>Redis' words; null if there was none of late.</summary>
    public string? Last => _last is { } last && clock.GetElapsedTime(last.At) < Memory ? last.Text : null;

    public void Note(RedisError error)
    {
        if (error.RefusesWrites)
            _last = new(error.Text, error.LacksMemory, clock.GetTimestamp());
    }

    /// <summary>Something was written that needs memory.</summary>
    public void Clear() => _last = null;

    /// <summary>Something was written that needs no memory.</summary>
    public void ClearButLackOfMemory()
    {
        if (_last is { LacksMemory: false })
            _last = null;
    }

    private sealed record Refusal(string Text, bool LacksMemory, long At);
}
