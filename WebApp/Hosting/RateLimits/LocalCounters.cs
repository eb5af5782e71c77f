namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The counters of this process. They lie in two generations: when the younger one is full the older one is dropped, and whoever comes again
/// moves to the younger. So a flood from ever new addresses costs bounded memory, and can make forgotten only who has not come for as long
/// as the flood needs to fill one generation.
/// </summary>
internal sealed class LocalCounters
{
    /// <summary>Of each generation: 100 bytes each or so.</summary>
    public const int Capacity = 50_000;

    private readonly Lock _lock = new();
    private Dictionary<(LimitedAct, ClientNetwork), long> _younger = [];
    private Dictionary<(LimitedAct, ClientNetwork), long> _older = [];

    /// <summary>How many counters there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _younger.Count + _older.Count;
        }
    }

    /// <summary>Takes a permit for the act, unless it or too many failed proofs forbid it. Answers the wait in microseconds; not positive when it was taken.</summary>
    public long Take(LimitedAct act, ClientNetwork client, Rate rate, Rate failedProofs, long now)
    {
        lock (_lock)
        {
            var wait = failedProofs.Wait(EmptyAt((LimitedAct.FailedProofs, client)), now);
            if (wait <= 0)
                wait = rate.Wait(EmptyAt((act, client)), now);
            if (wait <= 0 && !rate.IsOff)
                Keep((act, client), rate, now);
            return wait;
        }
    }

    /// <summary>Counts what has happened already.</summary>
    public void Add(LimitedAct act, ClientNetwork client, Rate rate, long now)
    {
        lock (_lock)
            Keep((act, client), rate, now);
    }

    private long EmptyAt((LimitedAct, ClientNetwork) key)
    {
        if (_younger.TryGetValue(key, out var at))
            return at;
        if (_older.TryGetValue(key, out at))
            Put(key, at);
        return at;
    }

    private void Keep((LimitedAct, ClientNetwork) key, Rate rate, long now) => Put(key, rate.Take(EmptyAt(key), now));

    private void Put((LimitedAct, ClientNetwork) key, long emptyAt)
    {
        if (_younger.Count >= Capacity && !_younger.ContainsKey(key))
            (_older, _younger) = (_younger, []);
        _younger[key] = emptyAt;
        _older.Remove(key);
    }
}
