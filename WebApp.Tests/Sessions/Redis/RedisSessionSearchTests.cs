using System.Globalization;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>The index over all users in Redis: the contract, and how it is put right.</summary>
public sealed class RedisSessionSearchTests(RedisServer redis) : SessionSearchContract, IClassFixture<RedisServer>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    private DateTimeOffset Now => Clock.GetUtcNow();

    [Fact]
    public async Task An_entry_without_a_record_is_not_listed_and_goes_when_it_is_met()
    {
        var (gone, stays) = (await AddAsync(), await AddAsync());
        await redis.CliAsync("DEL", KeyOf(gone));
        Assert.Equal(2, await EntriesAsync());

        await AssertListedAsync(new(), stays);

        Assert.Equal(1, await EntriesAsync());
    }

    [Fact]
    public async Task A_page_is_full_though_many_entries_before_it_have_no_record()
    {
        var stays = new List<UserSession>();
        for (var i = 0; i < 200; i++)
        {
            var session = await AddAsync(s => s with { LastSeenAt = Now.AddSeconds(-i) });
            if (i < 150)
                await redis.CliAsync("DEL", KeyOf(session));
            else
                stays.Add(session);
        }

        var page = await Store.ListAllAsync(new(), null, 10);

        Assert.Equal(stays.Take(10).Select(s => s.Id), page.Sessions.Select(s => s.Id));
    }

    [Fact]
    public async Task The_sweeper_comes_by_every_list_and_takes_out_what_ended_by_itself()
    {
        var (gone, stays) = (await AddAsync(), await AddAsync());
        await redis.CliAsync("DEL", KeyOf(gone));
        var place = (gone.UserId.ToByteArray(bigEndian: true)[^1] * RedisIndexEntry.Lists) + (int)(gone.Id.Value >> 122);
        await redis.CliAsync("SET", "ul:place", $"{RedisIndexSweeper.Lists + place - 3}");

        await Eventually.TrueAsync(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            return await EntriesAsync() == 1;
        }, "the entry is taken out");

        await AssertListedAsync(new(), stays);
    }

    [Fact]
    public async Task What_an_entry_says_wrongly_is_put_right()
    {
        var session = await AddAsync(s => s with { Country = "CH" });
        var list = (await redis.CliAsync("KEYS", "ul:{*")).Trim();
        // As an instance of a version without the index leaves it behind: the record has changed, the entry has not.
        await redis.CliAsync("SETRANGE", KeyOf(session), $"{107}", "FR");

        await AssertListedAsync(new() { Country = "FR" });
        await _app.Index.RepairAsync((session.UserId.ToByteArray(bigEndian: true)[^1] * RedisIndexEntry.Lists) + (int)(session.Id.Value >> 122));

        await AssertListedAsync(new() { Country = "FR" }, session);
        Assert.Equal("1", (await redis.CliAsync("ZCARD", list)).Trim());
    }

    [Fact]
    public async Task The_bitmap_follows_the_entries_and_loses_what_is_gone_when_the_sweeper_comes_by()
    {
        var stays = await AddAsync(s => s with { Country = "CH" });
        var gone = await AddAsync(s => s with { UserId = stays.UserId, Id = new(stays.Id.Value ^ 1), Country = "LI" });
        var (bitmap, list) = ((await redis.CliAsync("KEYS", "ub:{*")).Trim(), (stays.UserId.ToByteArray(bigEndian: true)[^1] * RedisIndexEntry.Lists) + (int)(stays.Id.Value >> 122));
        var both = await BitsAsync();

        await Store.RevokeAsync(gone.UserId, gone.Id, Samples.Revocation(Now));
        Assert.Equal(both, await BitsAsync());
        await _app.Index.RepairAsync(list);
        Assert.InRange(await BitsAsync(), 1, both - 1);
        await AssertListedAsync(new() { Country = "CH" }, stays);

        await Store.RevokeAsync(stays.UserId, stays.Id, Samples.Revocation(Now));
        await _app.Index.RepairAsync(list);
        Assert.Empty(await KeysAsync("ub:{*"));

        async Task<int> BitsAsync() => int.Parse(await redis.CliAsync("BITCOUNT", bitmap), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Without_a_bitmap_every_list_is_looked_through()
    {
        var session = await AddAsync(s => s with { Country = "LI" });
        await redis.CliAsync("DEL", (await redis.CliAsync("KEYS", "ub:{*")).Trim());

        await AssertListedAsync(new() { Country = "LI" }, session);
    }

    [Fact]
    public async Task A_session_from_before_the_index_enters_it_when_it_is_used()
    {
        var (old, other) = (await AddAsync(), await AddAsync());
        foreach (var key in await KeysAsync("u[lbc]:{*"))
            await redis.CliAsync("DEL", key);
        await AssertListedAsync(new());

        await TouchAsync(old, Now.AddMinutes(1));
        await Store.RevokeAsync(other.UserId, other.Id, Samples.Revocation(Now));

        await AssertListedAsync(new(), old);
        await AssertCountsAsync(live: 1);
    }

    [Fact]
    public async Task The_index_goes_with_the_last_session()
    {
        var (one, two) = (await AddAsync(), await AddAsync());

        await Store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(Now));
        await Store.RevokeAllAsync(two.UserId, null, Samples.Revocation(Now));

        Assert.Empty(await KeysAsync("ul:{*"));
        await AssertCountsAsync();
        Clock.Advance(TimeSpan.FromHours(3));
        await AssertCountsAsync();
        Assert.Empty(await KeysAsync("uc:*"));
    }

    [Fact]
    public async Task Counts_are_few_however_much_sessions_are_used_and_nobody_need_look_at_them()
    {
        var session = await AddAsync();
        for (var i = 1; i <= 30; i++)
            await TouchAsync(session, Now.AddMinutes(i));
        var counts = Assert.Single(await KeysAsync("uc:*"));

        Assert.Equal("1", (await redis.CliAsync("HLEN", counts)).Trim());

        Clock.Advance(TimeSpan.FromHours(3));
        await _app.Index.RepairAsync(session.UserId.ToByteArray(bigEndian: true)[^1] * RedisIndexEntry.Lists);

        Assert.Empty(await KeysAsync("uc:*"));
    }

    [Fact]
    public async Task Looking_for_sessions_goes_through_no_keys_and_keeps_nobody_waiting()
    {
        for (var i = 0; i < 300; i++)
            await AddAsync();

        var commands = await redis.CommandsOfAsync(async () =>
        {
            await Store.ListAllAsync(new() { Country = "LI" }, null, 50);
            await Store.CountAsync();
        });

        Assert.DoesNotContain(commands, command => command.Name is "scan" or "keys");
    }

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        await redis.CliAsync("FLUSHALL");
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        return _app.Store;
    }

    private static string KeyOf(UserSession session) => $"us:{{s{session.UserId.ToByteArray(bigEndian: true)[^1]:x2}}}:{session.Id}";

    private async Task<int> EntriesAsync()
    {
        var entries = 0;
        foreach (var key in await KeysAsync("ul:{*"))
            entries += int.Parse(await redis.CliAsync("ZCARD", key), System.Globalization.CultureInfo.InvariantCulture);
        return entries;
    }

    private async Task<string[]> KeysAsync(string pattern) => (await redis.CliAsync("KEYS", pattern)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
