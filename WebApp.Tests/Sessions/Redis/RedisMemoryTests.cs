using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What a session costs Redis, in memory and in round trips, and what still works when memory is full.</summary>
public sealed class RedisMemoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new();
    private TicketProtector _tickets = null!;
    private RedisStore _app = null!;

    private IUserSessionStore Store => _app.Store;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        // As KeyRing has them.
        _tickets = new(DataProtectionProvider.Create(new DirectoryInfo(_redis.Directory), keys => keys.UseCryptographicAlgorithms(
            new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM })));
        _app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);
        await _app.UntilVerifiedAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    // What Redis remembers of a time to live is not counted. A user's index has none, which saves more than it costs.
    [Theory]
    [InlineData(1, 4000, 640)]
    [InlineData(5, 1000, 530)]
    public async Task A_typical_session_takes_little_memory_with_all_keys_counted(int sessions, int users, int limit)
    {
        for (var user = 0; user < users; user++)
        {
            // All in one hash tag, whose lists are then as full as with a million sessions.
            var userId = new Guid([.. Guid.NewGuid().ToByteArray()[..^1], 7]);
            for (var i = 0; i < sessions; i++)
            {
                var session = TypicalSession(userId);
                Assert.NotNull(await Store.AddAsync(session, default));
                // Scripts store records anew, which must not leave slack.
                Assert.NotNull(await Store.TouchAsync(userId, session.Id, new(session.LastSeenAt.AddMinutes(1), session.LastAddress)));
            }
        }

        var each = await MemoryOfKeysAsync() / (sessions * users);
        output.WriteLine($"{each} bytes a session, {sessions} a user; the value has {RedisSessionRecord.Write(TypicalSession(Guid.NewGuid())).Length} bytes");
        Assert.InRange(each, 1, limit);
    }

    // The steps of Redis' allocator: a little more here would be 64 bytes more there.
    [Fact]
    public void A_typical_record_leaves_room_for_a_longer_name_before_the_allocators_next_step() =>
        Assert.InRange(RedisSessionRecord.Write(TypicalSession(Guid.NewGuid())).Length, 1, 314 - 16);

    [Fact]
    public async Task Finding_a_session_is_one_command_and_listing_is_one_script()
    {
        var session = await AddAsync();
        await AddAsync(session.UserId);
        await Store.ListAsync(session.UserId);

        Assert.Equal(["mget"], await OwnAsync(() => Store.FindAsync(session.UserId, session.Id)));

        // The script's own: the list, and each session and the epoch.
        Assert.Equal(["evalsha", "get", "get", "get", "zrange"], await OwnAsync(() => Store.ListAsync(session.UserId)));

        async Task<IEnumerable<string>> OwnAsync(Func<Task> act) => (await _redis.CommandsOfAsync(act))
            .Where(command => command.Names($"{session.UserId:N}") || command.Names($"{session.Id}")).Select(command => command.Name).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_list_forgets_what_has_gone()
    {
        var session = await AddAsync();
        var stays = await AddAsync(session.UserId);
        await _redis.CliAsync("DEL", $"us:{Tag(session.UserId)}:{session.Id}");

        Samples.AssertSame(stays, Assert.Single(await Store.ListAsync(session.UserId)));

        Assert.Equal("1", (await _redis.CliAsync("ZCARD", $"uu:{Tag(session.UserId)}:{session.UserId:N}")).Trim());
    }

    // What expires by itself may be evicted before.
    [Fact]
    public async Task Only_records_go_by_themselves()
    {
        var session = await AddAsync();
        await Store.RevokeAllAsync(session.UserId, null, Samples.Revocation(_clock.GetUtcNow()));
        await Store.RequireRightsAsync(session.UserId, 8);

        var live = await AddAsync();

        Assert.InRange(await TtlAsync($"us:{Tag(session.UserId)}:{session.Id}"), TimeSpan.FromHours(23.9), TimeSpan.FromMinutes(24 * 60 + 1));
        Assert.InRange(await TtlAsync($"us:{Tag(live.UserId)}:{live.Id}"), TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(61));
        foreach (var key in await KeysAsync("*"))
            Assert.True(key.StartsWith("us:", StringComparison.Ordinal) || await TtlAsync(key) < TimeSpan.Zero, $"{key} expires");
    }

    [Fact]
    public async Task What_does_not_go_by_itself_is_tidied_up_when_it_is_over()
    {
        // Of different tags.
        var user = new Guid([.. Guid.NewGuid().ToByteArray()[..^1], 7]);
        await AddAsync(user);
        await Store.RevokeAllAsync(user, null, Samples.Revocation(_clock.GetUtcNow()));
        await Store.RequireRightsAsync(user, 8);
        var stays = await AddAsync(new Guid([.. Guid.NewGuid().ToByteArray()[..^1], 8]));
        var before = await KeysAsync("u[ugrx]:*");
        Assert.Equal(6, before.Count);

        await EndAllInAsync($"{new RedisKeys(user).Index}");
        await RepairAsync(user, stays.UserId);
        Assert.Equal(before, await KeysAsync("u[ugrx]:*"));

        // Its minute has come.
        await EndAllInAsync(ListOf(user).Key);
        await RepairAsync(user, stays.UserId);
        Assert.Equal([$"{new RedisKeys(stays.UserId).Index}", ListOf(stays.UserId).Key], await KeysAsync("u[ugrx]:*"));

        Task EndAllInAsync(string key) => _redis.CliAsync("ZUNIONSTORE", key, "1", key, "WEIGHTS", "0");

        async Task RepairAsync(params Guid[] users)
        {
            foreach (var one in users)
                await _app.Index.RepairAsync((RedisKeys.TagOf(one) * RedisIndexEntry.Lists) + ListOf(one).Number);
        }

        static (int Number, string Key) ListOf(Guid user)
        {
            var number = user.ToByteArray(bigEndian: true)[^2] / (256 / RedisIndexEntry.Lists);
            return (number, $"ux:{Tag(user)}:{number:x2}");
        }
    }

    // An index of the version before had a time to live.
    [Fact]
    public async Task An_index_that_may_be_evicted_may_not_any_more_once_its_user_has_been_seen()
    {
        var session = await AddAsync();
        var index = $"{new RedisKeys(session.UserId).Index}";
        await _redis.CliAsync("EXPIRE", index, "3000");

        Assert.NotNull(await Store.TouchAsync(session.UserId, session.Id, new(session.LastSeenAt.AddMinutes(1), null)));

        Assert.Equal("-1", (await _redis.CliAsync("PTTL", index)).Trim());
        Assert.Single(await Store.ListAsync(session.UserId));
    }

    [Fact]
    public async Task Full_memory_stops_sign_ins_but_no_revocation()
    {
        var user = Guid.NewGuid();
        var (one, two, spared, other) = (await AddAsync(user), await AddAsync(user), await AddAsync(user), await AddAsync());
        await _redis.ConfigSetAsync("maxmemory", "1");

        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => AddAsync());
        Assert.True(await Store.RevokeAsync(user, one.Id, Samples.Revocation(_clock.GetUtcNow())));
        Assert.Equal([two.Id], await Store.RevokeAllAsync(user, spared.Id, Samples.Revocation(_clock.GetUtcNow())));

        Assert.NotNull((await Store.FindAsync(user, one.Id))?.Revocation);
        Assert.NotNull((await Store.FindAsync(user, two.Id))?.Revocation);
        Assert.NotEqual(default, await Store.GetGenerationAsync(user));
        // A session in use does not go idle for want of memory.
        Assert.NotNull(await Store.TouchAsync(other.UserId, other.Id, new(_clock.GetUtcNow().AddMinutes(5), null)));
        Samples.AssertSame(spared, await Store.FindAsync(user, spared.Id));
    }

    [Fact]
    public async Task Full_memory_does_not_stop_a_user_without_sessions_from_revoking_all()
    {
        var user = Guid.NewGuid();
        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Empty(await Store.RevokeAllAsync(user, null, Samples.Revocation(_clock.GetUtcNow())));

        Assert.NotEqual(default, await Store.GetGenerationAsync(user));
    }

    [Fact]
    public async Task A_record_of_an_unknown_version_is_not_found_and_revoking_removes_it()
    {
        var (one, two) = (await AddAsync(), await AddAsync());
        foreach (var session in new[] { one, two })
            await _redis.CliAsync("SETRANGE", $"us:{Tag(session.UserId)}:{session.Id}", "0", "Z");

        Assert.Null(await Store.FindAsync(one.UserId, one.Id));
        Assert.Empty(await Store.ListAsync(one.UserId));
        Assert.Null(await Store.TouchAsync(one.UserId, one.Id, new(_clock.GetUtcNow().AddMinutes(5), null)));
        Assert.True(await Store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(_clock.GetUtcNow())));
        Assert.Equal([two.Id], await Store.RevokeAllAsync(two.UserId, null, Samples.Revocation(_clock.GetUtcNow())));

        Assert.Empty((await _redis.CliAsync("KEYS", "us:*")).Trim());
    }

    private async Task<UserSession> AddAsync(Guid? userId = null)
    {
        var session = Samples.Session(_clock.GetUtcNow(), userId);
        Assert.NotNull(await Store.AddAsync(session, default));
        return session;
    }

    /// <summary>Of somebody with an e-mail address of 24 characters and a name of 12, from an IPv4 address, with Chrome on a desktop; as the app makes it.</summary>
    private UserSession TypicalSession(Guid userId)
    {
        var (now, address) = (_clock.GetUtcNow(), IPAddress.Parse("203.0.113.7"));
        var seed = SessionKey.NewSeed();
        var key = SessionKey.Create(userId, seed);
        var identity = new ClaimsIdentity(
            [
                new(ClaimTypes.NameIdentifier, userId.ToString()), new(ClaimTypes.Name, "marie.tester@example.com"), new(ClaimTypes.Email, "marie.tester@example.com"),
                new("AspNet.Identity.SecurityStamp", AppUser.NewSessionStamp()), new(AppClaims.DisplayName, "Marie Tester"), new("amr", "pwd"),
            ], IdentityConstants.ApplicationScheme);
        var ticket = new AuthenticationTicket(new(identity), new() { IssuedUtc = now }, IdentityConstants.ApplicationScheme);
        return Samples.Session(now, userId) with
        {
            Id = key.SessionId,
            FamilyHash = key.HashFamily(),
            SignInAddress = address,
            LastAddress = address,
            PreviousAddress = null,
            MovedAt = null,
            NameShownUntil = null,
            UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            Ticket = _tickets.Protect(userId, key.SessionId, new(seed, ticket)),
        };
    }

    /// <summary>
    /// As the server knows it of each key, with what is in it. Its total also counts buffers, and tables that grow and shrink when it pleases.
    /// </summary>
    private async Task<long> MemoryOfKeysAsync() => long.Parse(
        await _redis.CliAsync("EVAL", "local sum = 0; for _, key in ipairs(redis.call('KEYS', '*')) do sum = sum + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) end return sum", "0"),
        System.Globalization.CultureInfo.InvariantCulture);

    private async Task<IReadOnlyList<string>> KeysAsync(string pattern) =>
        [.. (await _redis.CliAsync("KEYS", pattern))
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private async Task<TimeSpan> TtlAsync(string key) =>
        TimeSpan.FromMilliseconds(long.Parse(await _redis.CliAsync("PTTL", key), System.Globalization.CultureInfo.InvariantCulture));

    private static string Tag(Guid userId) => $"{{s{userId.ToByteArray(bigEndian: true)[^1]:x2}}}";
}
