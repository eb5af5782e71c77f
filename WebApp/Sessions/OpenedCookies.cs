using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Remembers cookies that opened a session, with the ticket that was in it: what is in either can't change, so neither
/// need be opened again. Whether the session still stands is for the store to say, on each request.
/// </summary>
/// <remarks>
/// Two generations bound the memory: when the young one is full, or five minutes old, it becomes the old one, and what
/// was in that and not asked for since is gone.
/// </remarks>
public sealed class OpenedCookies(IOptions<SessionPolicy> policy, TimeProvider clock)
{
    /// <summary>A key of the key ring may have been revoked since it opened the cookie.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>In each of two generations.</summary>
    private readonly int _most = policy.Value.OpenedCookies / 2;
    private Generation _young = new(clock);
    private Generation _old = new(clock);

    /// <summary>What was found out about the cookie; null if it is not remembered.</summary>
    internal VerifiedCookie? Find(CookieHash hash)
    {
        if (!_young.Cookies.TryGetValue(hash, out var cookie) && _old.Cookies.TryGetValue(hash, out cookie))
            Keep(cookie);
        return cookie is not null && clock.GetElapsedTime(cookie.OpenedAt) < Lifetime ? cookie : null;
    }

    internal void Keep(VerifiedCookie cookie)
    {
        var young = _young;
        if (young.Cookies.TryAdd(cookie.Hash, cookie))
            young.Added(cookie.Size);
        else
            young.Cookies[cookie.Hash] = cookie;

        if (young.Count > _most || young.Bytes > _most * 4096L || young.Age > Lifetime)
            Age(young);
    }

    private void Age(Generation full)
    {
        if (Interlocked.CompareExchange(ref _young, new(clock), full) == full)
            _old = full;
    }

    private sealed class Generation(TimeProvider clock)
    {
        private readonly long _begun = clock.GetTimestamp();
        private int _count;
        private long _bytes;

        public ConcurrentDictionary<CookieHash, VerifiedCookie> Cookies { get; } = new();

        public int Count => _count;

        public long Bytes => _bytes;

        public TimeSpan Age => clock.GetElapsedTime(_begun);

        public void Added(int size)
        {
            Interlocked.Increment(ref _count);
            Interlocked.Add(ref _bytes, size);
        }
    }
}
