using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Remembers cookies that were verified. That saves opening the same cookie and ticket again, whose content can't change. With
/// <see cref="SessionPolicy.LocalCache"/> on it also saves asking the store, as long as it is <em>trusted</em>: certain to hear within a
/// moment of whatever changes a session.
/// </summary>
/// <remarks>
/// <para>
/// What is heard of a user raises that user's counter, and a doubt about all raises a counter of its own. An entry is good only while both stand as they
/// stood before the store was asked for it; so it makes no difference whether news overtakes the answer that it makes obsolete. (Users share
/// counters; then news of one costs the other a look-up.)
/// </para>
/// <para>
/// Trust is lent for a short time only, by whoever listens for the news (<see cref="Redis.RedisInvalidations"/>), and judged on every read by the
/// clock's timestamps, which can't be set: a process that was frozen, or a listener that stopped, trusts nothing when it goes on. While no requests
/// come, nobody lends it, and the first one asks the store.
/// </para>
/// <para>
/// Two generations bound the memory: when the young one is full, or five minutes old, it becomes the old one, and what was in that and not
/// asked for since is gone.
/// </para>
/// </remarks>
public sealed class SessionCache(IOptions<SessionPolicy> policy, TimeProvider clock)
{
    private const int Counters = 1 << 16;

    /// <summary>No entry is served for longer, however well the news comes in.</summary>
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(1);

    /// <summary>How long what was opened needs not be opened again.</summary>
    private static readonly TimeSpan GenerationLife = TimeSpan.FromMinutes(5);

    /// <summary>How long after a request with a cookie the next one is expected.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly int[] _news = new int[Counters];
    private readonly ConcurrentDictionary<CookieHash, LookUp> _lookUps = new();
    private readonly Lock _trust = new();
    private readonly TimeSpan _life = policy.Value.LastSeenResolution < LongestLife ? policy.Value.LastSeenResolution : LongestLife;
    private Generation _young = new(clock);
    private Generation _old = new(clock);
    private int _doubts;
    private long _trustedUntil;
    private long _distrustedAt;
    private long _lentLife;
    private long _usedAt = clock.GetTimestamp();
    private TaskCompletionSource? _resting;

    /// <summary>Whether entries may be served without asking the store, while trusted.</summary>
    public bool IsOn { get; } = policy.Value.LocalCache == LocalCache.On;

    /// <summary>Whether what changes a session is certain to be heard of.</summary>
    public bool IsTrusted => clock.GetTimestamp() < Volatile.Read(ref _trustedUntil);

    /// <summary>What was verified of the cookie; null if it is not remembered. Only to be believed as far as <see cref="MayServe"/> says.</summary>
    internal VerifiedCookie? Find(CookieHash hash)
    {
        NoteUse();
        if (!_young.Cookies.TryGetValue(hash, out var cookie) && _old.Cookies.TryGetValue(hash, out cookie))
            Keep(cookie);
        // A key of the key ring may have been revoked since it opened the cookie.
        return cookie is not null && clock.GetElapsedTime(cookie.OpenedAt) < GenerationLife ? cookie : null;
    }

    /// <summary>Whether the cookie's session is as the store has it, as far as this process can know.</summary>
    internal bool MayServe(VerifiedCookie cookie)
    {
        var now = clock.GetTimestamp();
        return IsOn && now < Volatile.Read(ref _trustedUntil) && IsCurrent(cookie.Read, cookie.Session.UserId, now);
    }

    /// <summary>Returns at once while requests come that trust is of use to, else with the next one.</summary>
    internal Task UntilUsedAsync(CancellationToken stopping)
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _resting, rest);
        return clock.GetElapsedTime(Volatile.Read(ref _usedAt)) < Rest
            ? Task.CompletedTask
            : rest.Task.WaitAsync(stopping);
    }

    /// <summary>To be taken before the store is asked.</summary>
    internal CacheMark Mark(Guid userId) => new(Volatile.Read(ref _doubts), Volatile.Read(ref CounterOf(userId)), clock.GetTimestamp());

    internal void Keep(VerifiedCookie cookie)
    {
        var young = _young;
        if (young.Cookies.TryAdd(cookie.Hash, cookie))
            young.Added(cookie.Size);
        else
            young.Cookies[cookie.Hash] = cookie;

        if (young.Count > policy.Value.LocalCacheSize / 2 || young.Bytes > policy.Value.LocalCacheSize / 2 * 4096L || young.Age > GenerationLife)
            Age(young);
    }

    /// <summary>
    /// Asks the store by <paramref name="find"/>. Requests that come with one cookie while its answer is awaited share it, if it is trusted and nothing
    /// was heard since it was asked for: those that came later must not get an older answer than they would have got themselves.
    /// </summary>
    internal async Task<(UserSession? Session, CacheMark Read)> LookUpAsync(CookieHash hash, Guid userId, Func<Task<UserSession?>> find)
    {
        var mine = new LookUp(Mark(userId), find);
        var shared = IsTrusted ? _lookUps.GetOrAdd(hash, mine) : mine;
        try
        {
            var session = await shared.Answer;
            if (ReferenceEquals(shared, mine) || (IsTrusted && IsCurrent(shared.Read, userId, clock.GetTimestamp())))
                return (session, shared.Read);
        }
        finally
        {
            if (ReferenceEquals(shared, mine))
                _lookUps.TryRemove(KeyValuePair.Create(hash, mine));
        }

        var read = Mark(userId);
        return (await find(), read);
    }

    /// <summary>Something has changed one of the user's sessions.</summary>
    internal void Forget(Guid userId) => Interlocked.Increment(ref CounterOf(userId));

    /// <summary>News may have been missed.</summary>
    internal void ForgetAll()
    {
        Interlocked.Increment(ref _doubts);
        (_young, _old) = (new(clock), new(clock));
    }

    /// <summary>Trusts nothing but what is heard to have been sent from now on.</summary>
    internal void Distrust()
    {
        lock (_trust)
        {
            _distrustedAt = clock.GetTimestamp();
            Volatile.Write(ref _trustedUntil, 0);
        }

        ForgetAll();
    }

    /// <summary>All that was to be told up to <paramref name="heardUpTo"/> has been heard.</summary>
    /// <param name="heardUpTo">A timestamp of the clock.</param>
    /// <param name="lease">How long after that nothing need be heard.</param>
    /// <param name="life">How long an entry may be served at most.</param>
    internal void Trust(long heardUpTo, TimeSpan lease, TimeSpan life)
    {
        lock (_trust)
        {
            if (heardUpTo <= _distrustedAt)
                return;

            Volatile.Write(ref _lentLife, Ticks(life < _life ? life : _life));
            Volatile.Write(ref _trustedUntil, heardUpTo + Ticks(lease));
        }
    }

    private void NoteUse()
    {
        Volatile.Write(ref _usedAt, clock.GetTimestamp());
        if (_resting is not null)
            Interlocked.Exchange(ref _resting, null)?.TrySetResult();
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private bool IsCurrent(CacheMark read, Guid userId, long now) =>
        read.Doubts == Volatile.Read(ref _doubts) && read.News == Volatile.Read(ref CounterOf(userId)) && now - read.At < Volatile.Read(ref _lentLife);

    // User ids are random.
    private ref int CounterOf(Guid userId) => ref _news[userId.GetHashCode() & (Counters - 1)];

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

    /// <summary>One question to the store, asked when the first one wants the answer.</summary>
    private sealed class LookUp(CacheMark read, Func<Task<UserSession?>> find)
    {
        private readonly Lazy<Task<UserSession?>> _answer = new(find);

        public CacheMark Read => read;

        public Task<UserSession?> Answer => _answer.Value;
    }
}

/// <summary>What had been heard when the store was asked.</summary>
/// <param name="Doubts">The counter of doubts about all.</param>
/// <param name="News">The user's counter.</param>
/// <param name="At">A timestamp of the clock.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CacheMark(int Doubts, int News, long At);

/// <summary>Whether requests may be answered from what this process knows of a session.</summary>
public enum LocalCache
{
    /// <summary>Each request asks the store.</summary>
    Off,

    /// <summary>What was verified moments ago is good until something is heard to have changed.</summary>
    On,
}
