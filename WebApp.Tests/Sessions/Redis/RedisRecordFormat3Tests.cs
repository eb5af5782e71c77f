using System.Net;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>The whole contract on sessions of the version before: whatever is called, it meets nothing but records of format 3.</summary>
public sealed class RedisRecordFormat3Tests(RedisServer redis) : UserSessionStoreContract, IClassFixture<RedisServer>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;
    private ConnectionMultiplexer _connection = null!;

    private IDatabase Redis => _connection.GetDatabase();

    public override async Task DisposeAsync()
    {
        await _connection.CloseAsync();
        _connection.Dispose();
        await _app.DisposeAsync();
        _database.Dispose();
        await redis.ConfigSetAsync("maxmemory", "0");
    }

    [Fact]
    public async Task What_writes_stores_format_4_and_what_reads_or_refuses_stores_nothing()
    {
        var session = await AddFormer();
        var key = new RedisKeys(session.UserId).Record(session.Id);
        byte[] former = (await Redis.StringGetAsync(key))!;

        Assert.NotNull(await _app.Store.FindAsync(session.UserId, session.Id));
        Assert.Single(await _app.Store.ListAsync(session.UserId));
        Assert.Null(await _app.Store.TouchAsync(session.UserId, session.Id, new(session.LastSeenAt, null)));
        Assert.Equal(former, await Redis.StringGetAsync(key));
        var ttl = await Redis.KeyTimeToLiveAsync(key);
        Assert.True(await _app.Store.ShowNameAsync(session.UserId, session.Id, Clock.GetUtcNow()));

        Assert.Equal(
            RedisSessionRecord.Write(session with { NameShownUntil = Clock.GetUtcNow() }).Length,
            (int)await Redis.StringLengthAsync(key) - LongerAddressesAndMethod(session));
        Assert.InRange((await Redis.KeyTimeToLiveAsync(key))!.Value, ttl!.Value - TimeSpan.FromSeconds(20), ttl.Value);
    }

    [Fact]
    public async Task Full_memory_stops_neither_a_revocation_nor_a_touch()
    {
        var user = Guid.NewGuid();
        UserSession one = await AddFormer(user), two = await AddFormer(user), used = await AddFormer();
        var use = new SessionUse(Clock.GetUtcNow().AddMinutes(5), IPAddress.IPv6Loopback);
        await redis.ConfigSetAsync("maxmemory", "1");

        Assert.True(await _app.Store.RevokeAsync(user, one.Id, Samples.Revocation(Clock.GetUtcNow())));
        Assert.Equal([two.Id], await _app.Store.RevokeAllAsync(user, null, Samples.Revocation(Clock.GetUtcNow())));
        Assert.NotNull(await _app.Store.TouchAsync(used.UserId, used.Id, use));

        Assert.NotNull((await _app.Store.FindAsync(user, one.Id))?.Revocation);
        Assert.NotNull((await _app.Store.FindAsync(user, two.Id))?.Revocation);
        Assert.Equal(use.SeenAt, (await _app.Store.FindAsync(used.UserId, used.Id))!.LastSeenAt);
    }

    // They have none, but a record may be damaged or made up: then nothing is read into it.
    [Fact]
    public async Task A_control_character_in_a_user_agent_stays_one()
    {
        var session = await AddFormer(agent: "a\u0001\u0000b\u001f");

        Assert.Equal("a\u0001\u0000b\u001f", (await _app.Store.FindAsync(session.UserId, session.Id))!.UserAgent);
        await _app.Store.ShowNameAsync(session.UserId, session.Id, Clock.GetUtcNow());
        Assert.Equal("a\u0001\u0000b\u001f", (await _app.Store.FindAsync(session.UserId, session.Id))!.UserAgent);
    }

    [Fact]
    public void No_damage_to_a_record_makes_reading_fail()
    {
        var session = Samples.Session(Clock.GetUtcNow());
        foreach (var record in new[] { Format3.Write(session), Format3.Write(session with { Revocation = new(Clock.GetUtcNow(), RevocationReason.Other, "C-1") }) })
        {
            for (var at = 0; at < record.Length; at++)
            {
                _ = RedisSessionRecord.Read(session.Id, record[..at]);
                foreach (var value in new byte[] { 0, 1, 2, 0x7F, 0x80, 0xFF })
                {
                    var damaged = record.ToArray();
                    damaged[at] = value;
                    _ = RedisSessionRecord.Read(session.Id, damaged);
                }
            }
        }
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        _connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await _app.UntilVerifiedAsync();
        return new Downgraded(_app.Store, Redis);
    }

    private async Task<UserSession> AddFormer(Guid? userId = null, string agent = Samples.UserAgent)
    {
        var session = Samples.Session(Clock.GetUtcNow(), userId) with { UserAgent = agent };
        Assert.NotNull(await _app.Store.AddAsync(session, default));
        await Format3.DowngradeAsync(Redis, session.UserId);
        return session;
    }

    [Fact]
    public async Task A_session_of_format_3_is_found_by_all_that_it_has_once_it_was_used()
    {
        var session = await AddFormer();
        var use = new SessionUse(Clock.GetUtcNow().AddMinutes(1), IPAddress.Parse("203.0.113.7")) { Country = "LI", Family = new(2, 2) };
        Assert.NotNull(await _app.Store.TouchAsync(session.UserId, session.Id, use));

        var found = await _app.Store.ListAllAsync(
            new() { Country = "LI", Method = session.SignInMethod, Device = new(2, 2), Addresses = AddressRange.Parse("203.0.113.7", null) }, null, 5);

        Assert.Equal(session.Id, Assert.Single(found.Sessions).Id);
    }

    /// <summary>What stays as format 3 had it: IPv4 addresses as 16 bytes, the method as text, the user agent in full.</summary>
    private static int LongerAddressesAndMethod(UserSession session) =>
        (2 * (16 - 4)) + session.SignInMethod.Length + session.UserAgent.Length - CompactUserAgent.Encode(session.UserAgent).Length;

    private sealed class Downgraded(IUserSessionStore store, IDatabase redis) : IUserSessionStore
    {
        public Task CheckAsync() => store.CheckAsync();

        public Task<UserSession?> FindAsync(Guid userId, SessionId id, UserSession? known = null) => OnAsync(userId, () => store.FindAsync(userId, id));

        public Task<UserGeneration> GetGenerationAsync(Guid userId) => store.GetGenerationAsync(userId);

        public Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0) =>
            OnAsync(session.UserId, () => store.AddAsync(session, generation, limit));

        public Task<AddOutcome> AddIfRoomAsync(UserSession session, UserGeneration generation, int limit) =>
            OnAsync(session.UserId, () => store.AddIfRoomAsync(session, generation, limit));

        public Task<UserSession?> TouchAsync(Guid userId, SessionId id, SessionUse use) => OnAsync(userId, () => store.TouchAsync(userId, id, use));

        public Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt) =>
            OnAsync(userId, () => store.RotateAsync(userId, id, current, next, seenAt));

        public Task<bool> TakeProofAttemptAsync(Guid userId, SessionId id, byte taken) => OnAsync(userId, () => store.TakeProofAttemptAsync(userId, id, taken));

        public Task<bool> ConfirmAsync(UserSession seen, SessionProof proof) => OnAsync(seen.UserId, () => store.ConfirmAsync(seen, proof));

        public Task<bool> LockAsync(Guid userId, SessionId id, SessionLock sessionLock) => OnAsync(userId, () => store.LockAsync(userId, id, sessionLock));

        public Task<bool> ShortenAsync(Guid userId, SessionId id, DateTimeOffset absoluteDeadline) => OnAsync(userId, () => store.ShortenAsync(userId, id, absoluteDeadline));

        public Task<bool> ShowNameAsync(Guid userId, SessionId id, DateTimeOffset until) => OnAsync(userId, () => store.ShowNameAsync(userId, id, until));

        public Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket, int rightsVersion) =>
            OnAsync(userId, () => store.UpdateTicketAsync(userId, id, ticket, rightsVersion));

        public Task RequireRightsAsync(Guid userId, int version) => OnAsync(userId, async () =>
        {
            await store.RequireRightsAsync(userId, version);
            return true;
        });

        public Task<bool> CountRefusedAsync(Guid userId, SessionId id, DateTimeOffset at, IPAddress? address) =>
            OnAsync(userId, () => store.CountRefusedAsync(userId, id, at, address));

        public Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation) => OnAsync(userId, () => store.RevokeAsync(userId, id, revocation));

        public Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation) =>
            OnAsync(userId, () => store.RevokeAllAsync(userId, except, revocation));

        public Task<IReadOnlyList<SessionId>> RepeatRevokeAllAsync(Guid userId, Revocation revocation) =>
            OnAsync(userId, () => store.RepeatRevokeAllAsync(userId, revocation));

        public Task EndEveryoneAsync(Revocation revocation, SparedSession? spared) => store.EndEveryoneAsync(revocation, spared);

        public Task<IReadOnlyList<UserSession>> ListAsync(Guid userId) => OnAsync(userId, () => store.ListAsync(userId));

        public Task<SessionPage> ListAllAsync(SessionFilter filter, SessionCursor? after, int count) => store.ListAllAsync(filter, after, count);

        public Task<SessionCounts> CountAsync() => store.CountAsync();

        public Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count) => store.FindByIdPrefixAsync(hexPrefix, count);

        private async Task<T> OnAsync<T>(Guid userId, Func<Task<T>> call)
        {
            await Format3.DowngradeAsync(redis, userId);
            return await call();
        }
    }
}
