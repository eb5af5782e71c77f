using System.Security.Claims;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What the cache may answer, whatever overtakes what.</summary>
[Trait("Lane", "Fast")]
public sealed class SessionCacheTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly UserSession Session = Samples.Session(DateTimeOffset.UtcNow);

    private readonly TestClock _clock = new() { HoldsTimestamps = true };
    private readonly SessionCache _cache;

    public SessionCacheTests() => _cache = NewCache();

    [Fact]
    public void Nothing_is_served_without_trust()
    {
        var cookie = Cookie();
        _cache.Keep(cookie);

        Assert.False(_cache.MayServe(cookie));

        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        Assert.True(_cache.MayServe(cookie));
    }

    [Fact]
    public void Trust_ends_by_itself()
    {
        var cookie = Cookie();
        _cache.Trust(_clock.GetTimestamp(), Lease, Life);

        _clock.Pass(Lease - Moment);
        Assert.True(_cache.MayServe(cookie));
        _clock.Pass(Moment);

        Assert.False(_cache.IsTrusted);
        Assert.False(_cache.MayServe(cookie));
    }

    [Fact]
    public void What_was_sent_before_a_doubt_restores_no_trust()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        var sent = _clock.GetTimestamp();
        _cache.Distrust();

        _cache.Trust(sent, Lease, Lease);

        Assert.False(_cache.IsTrusted);
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        Assert.True(_cache.IsTrusted);
    }

    [Fact]
    public void With_the_cache_off_nothing_is_served_whoever_trusts_it()
    {
        var cache = NewCache(policy => policy.LocalCache = LocalCache.Off);
        cache.Trust(_clock.GetTimestamp(), Lease, Lease);

        Assert.False(cache.MayServe(Cookie(cache: cache)));
    }

    [Fact]
    public void News_of_the_user_outdates_what_was_asked_for_before_it_came_and_not_what_was_asked_for_since()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        var (asked, other) = (_cache.Mark(Session.UserId), Cookie(Samples.Session(DateTimeOffset.UtcNow)));

        _cache.Forget(Session.UserId);

        Assert.False(_cache.MayServe(Cookie(read: asked)));
        Assert.True(_cache.MayServe(Cookie()));
        Assert.True(_cache.MayServe(other));
    }

    [Fact]
    public void Missed_news_outdate_all()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        var cookie = Cookie();
        _cache.Keep(cookie);

        _cache.ForgetAll();

        Assert.False(_cache.MayServe(cookie));
        Assert.Null(_cache.Find(cookie.Hash));
        Assert.True(_cache.MayServe(Cookie()));
    }

    [Fact]
    public void An_entry_has_its_time()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Life);
        var cookie = Cookie();
        _clock.Pass(Life - Moment);
        _cache.Trust(_clock.GetTimestamp(), Lease, Life);
        Assert.True(_cache.MayServe(cookie));

        _clock.Pass(Moment);

        Assert.False(_cache.MayServe(cookie));
        Assert.True(_cache.MayServe(Cookie()));
    }

    [Fact]
    public async Task Requests_at_once_share_one_question()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        var (asked, answer) = (0, new TaskCompletionSource<UserSession?>());

        var requests = Enumerable.Range(0, 100).Select(_ => _cache.LookUpAsync(Hash("a"), Session.UserId, () =>
        {
            asked++;
            return answer.Task;
        })).ToList();
        answer.SetResult(Session);

        Assert.All(await Task.WhenAll(requests), found => Assert.Same(Session, found.Session));
        Assert.Equal(1, asked);
    }

    // The second request came after the session had ended: it must not get what the first one was told before that.
    [Fact]
    public async Task An_answer_from_before_the_news_is_not_shared_with_who_came_after_them()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);
        var slow = new TaskCompletionSource<UserSession?>();
        var first = _cache.LookUpAsync(Hash("a"), Session.UserId, () => slow.Task);
        _cache.Forget(Session.UserId);

        var second = _cache.LookUpAsync(Hash("a"), Session.UserId, () => Task.FromResult<UserSession?>(null));
        slow.SetResult(Session);

        Assert.Same(Session, (await first).Session);
        Assert.Null((await second).Session);
    }

    [Fact]
    public async Task A_failed_question_is_asked_again_by_the_next_request()
    {
        _cache.Trust(_clock.GetTimestamp(), Lease, Lease);

        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() =>
            _cache.LookUpAsync(Hash("a"), Session.UserId, () => Task.FromException<UserSession?>(new SessionStoreUnavailableException("down"))));

        Assert.Same(Session, (await _cache.LookUpAsync(Hash("a"), Session.UserId, () => Task.FromResult<UserSession?>(Session))).Session);
    }

    [Fact]
    public void However_many_come_no_more_are_remembered_than_allowed_and_those_in_use_stay()
    {
        var cache = NewCache(policy => policy.LocalCacheSize = 1000);
        var inUse = Cookie(name: "in use");
        cache.Keep(inUse);

        for (var i = 0; i < 10_000; i++)
        {
            cache.Keep(Cookie(name: $"{i}"));
            Assert.NotNull(cache.Find(inUse.Hash));
        }

        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => cache.Find(Hash($"{i}")) is not null), 400, 1000);
    }

    [Fact]
    public void Large_ones_are_bounded_by_their_bytes()
    {
        var cache = NewCache(policy => policy.LocalCacheSize = 1000);

        for (var i = 0; i < 1000; i++)
            cache.Keep(Cookie(Session with { Ticket = new byte[40_000] }, name: $"{i}"));

        Assert.InRange(Enumerable.Range(0, 1000).Count(i => cache.Find(Hash($"{i}")) is not null), 1, 1000 * 4096 / 40_000);
    }

    [Fact]
    public void A_session_with_another_ticket_has_to_be_opened_anew()
    {
        var cookie = Cookie();

        Assert.NotNull(cookie.With(Session with { LastSeenAt = Session.LastSeenAt.AddMinutes(1) }, default));
        Assert.Null(cookie.With(Session with { Ticket = new byte[] { 9 } }, default));
        Assert.Null(cookie.With(Session with { FamilyHash = new byte[16] }, default));
        Assert.Null(cookie.With(Session with { Id = SessionId.New() }, default));
        Assert.Null(cookie.With(Session with { UserId = Guid.NewGuid() }, default));
        Assert.Null(cookie.With(null, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("é")]
    public void What_no_cookie_of_ours_can_be_has_no_hash(string text) => Assert.Null(CookieHash.Of(text));

    [Fact]
    public void A_text_longer_than_any_cookie_of_ours_has_no_hash() => Assert.Null(CookieHash.Of(new string('a', 257)));

    private SessionCache NewCache(Action<SessionPolicy>? set = null)
    {
        var policy = new SessionPolicy { LocalCache = LocalCache.On };
        set?.Invoke(policy);
        return new(Options.Create(policy), _clock);
    }

    private static CookieHash Hash(string name) => CookieHash.Of(name)!.Value;

    private VerifiedCookie Cookie(UserSession? session = null, CacheMark? read = null, string name = "a", SessionCache? cache = null)
    {
        session ??= Session;
        var seed = SessionKey.NewSeed();
        var ticket = VerifiedCookie.Share(new(new ClaimsPrincipal(new ClaimsIdentity("test")), "test"), session);
        return new(Hash(name), SessionKey.Create(session.UserId, seed), session, seed, ticket, read ?? (cache ?? _cache).Mark(session.UserId), _clock.GetTimestamp());
    }
}
