using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>A session that the caller knows already need not be read anew, but only if nothing about it has changed.</summary>
[Trait("Lane", "Fast")]
public sealed class KnownSessionTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly Dictionary<string, Func<IUserSessionStore, UserSession, Task>> Verbs = new()
    {
        ["revoke"] = (store, one) => store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(one.CreatedAt)),
        ["revoke all"] = (store, one) => store.RevokeAllAsync(one.UserId, null, Samples.Revocation(one.CreatedAt)),
        ["end everyone"] = (store, one) => store.EndEveryoneAsync(Samples.Revocation(one.CreatedAt), spared: null),
        ["lock"] = (store, one) => store.LockAsync(one.UserId, one.Id, new(one.CreatedAt, LockReason.User)),
        ["rotate"] = (store, one) =>
            store.RotateAsync(one.UserId, one.Id, one.Secret, one.Secret.Next(), one.CreatedAt),
        ["confirm"] = (store, one) =>
            store.ConfirmAsync(one, new(one.Secret.AfterProof(), one.Secret, one.CreatedAt, one.Family)),
        ["take a proof attempt"] = (store, one) => store.TakeProofAttemptAsync(one.UserId, one.Id, one.ProofAttempts),
        ["shorten"] = (store, one) => store.ShortenAsync(one.UserId, one.Id, one.CreatedAt.AddMinutes(1)),
        ["show its name"] = (store, one) => store.ShowNameAsync(one.UserId, one.Id, one.CreatedAt.AddMinutes(7)),
        ["require rights"] = (store, one) => store.RequireRightsAsync(one.UserId, one.RightsVersion + 1),
        ["update the ticket"] = (store, one) =>
            store.UpdateTicketAsync(one.UserId, one.Id, new byte[] { 1, 2, 3 }, one.RightsVersion),
        ["use"] = (store, one) =>
            store.TouchAsync(one.UserId, one.Id, new(one.LastSeenAt.AddSeconds(30), one.LastAddress)),
        ["make room for another"] = async (store, one) => Assert.NotEmpty((await store.AddAsync(
            Samples.Session(one.CreatedAt, one.UserId), await store.GetGenerationAsync(one.UserId), limit: 1))!),
    };

    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    public static TheoryData<string> Changes => [.. Verbs.Keys];

    public async Task InitializeAsync() =>
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, _clock);

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task It_is_returned_itself_while_nothing_has_changed_and_it_has_not_run_out()
    {
        var known = await AddAsync();

        Assert.Same(known, await _app.Store.FindAsync(known.UserId, known.Id, known));
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Null(await _app.Store.FindAsync(known.UserId, known.Id, known));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task It_is_read_anew_after_every_kind_of_change(string change)
    {
        var known = await AddAsync();

        await Verbs[change](_app.Store, known);

        Assert.NotEqual(known, await _app.Store.FindAsync(known.UserId, known.Id, known));
    }

    [Fact]
    public async Task Another_session_is_no_match_for_it()
    {
        var (one, other) = (await AddAsync(), await AddAsync());

        Assert.Equal(one.Id, (await _app.Store.FindAsync(one.UserId, one.Id, other))!.Id);
    }

    private async Task<UserSession> AddAsync()
    {
        var session = Samples.Session(_clock.GetUtcNow());
        Assert.NotNull(await _app.Store.AddAsync(session, await _app.Store.GetGenerationAsync(session.UserId)));
        var known = (await _app.Store.FindAsync(session.UserId, session.Id))!;
        Samples.AssertSame(session, known);
        return known;
    }
}
