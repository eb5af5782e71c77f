using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>The commands that docs/operations.md says Redis has to allow are enough: nothing else is ever asked for.</summary>
public sealed partial class RedisPermissionsTests(RedisServer redis) : IClassFixture<RedisServer>
{
    /// <summary>A user of Redis that may do anything.</summary>
    private const string Operator = "operator";
    private const string Password = "secret";

    [Fact]
    public async Task The_commands_that_the_operators_are_told_to_allow_are_all_that_is_asked_for()
    {
        await redis.CliAsync("ACL", "SETUSER", Operator, "on", $">{Password}", "~*", "&*", "+@all");
        Assert.Equal("OK", (await redis.CliAsync(["ACL", "SETUSER", "webapp", "on", "~*", $">{Password}", "-@all", .. Documented()])).Trim());
        await redis.CliAsync("ACL", "SETUSER", "default", "off");
        await using var app = new TestApp
        {
            Settings = { ["ConnectionStrings:Redis"] = $"{redis.ConnectionString},user=webapp,password={Password}" },
        };
        await app.UntilReadyAsync();

        using (var browser = await app.NewUserAsync())
        {
            Assert.Equal(200, (await browser.GetAsync("/account")).Status);
            await UseAsync(app.Services.GetRequiredService<IUserSessionStore>(), app.Services.GetRequiredService<RedisIndex>(), app.Clock.GetUtcNow());
            Assert.Equal(302, (await browser.PeekAsync("/account")).Status);
        }

        Assert.Equal("", (await redis.CliAsync("--user", Operator, "--pass", Password, "--no-auth-warning", "ACL", "LOG")).Trim());
    }

    /// <summary>Whatever a store can do.</summary>
    private static async Task UseAsync(IUserSessionStore store, RedisIndex index, DateTimeOffset now)
    {
        var (one, two) = (Samples.Session(now), Samples.Session(now));
        foreach (var session in new[] { one, two })
            Assert.NotNull(await store.AddAsync(session, await store.GetGenerationAsync(session.UserId), limit: 5));
        Assert.Equal(AddOutcome.Added, await store.AddIfRoomAsync(Samples.Session(now, one.UserId), await store.GetGenerationAsync(one.UserId), 5));
        Assert.NotNull(await store.TouchAsync(one.UserId, one.Id, new(now.AddMinutes(1), IPAddress.Loopback)));
        Assert.True(await store.RotateAsync(one.UserId, one.Id, one.Secret, one.Secret.Next(), now));
        Assert.True(await store.LockAsync(one.UserId, one.Id, new(now, LockReason.OldSecret)));
        Assert.True(await store.ShortenAsync(one.UserId, one.Id, now.AddMinutes(30)));
        Assert.Single(await store.FindByIdPrefixAsync($"{one.Id}", 5));
        Assert.Single((await store.ListAllAsync(new() { State = SessionState.Locked }, null, 5)).Sessions);
        Assert.Equal(2, (await store.ListAsync(one.UserId)).Count);
        Assert.Equal(1, (await store.CountAsync()).Locked);
        Assert.True(await store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(now)));
        Assert.True(await store.CountRefusedAsync(one.UserId, one.Id, now, null));
        Assert.Single(await store.RevokeAllAsync(two.UserId, null, Samples.Revocation(now)));
        await store.EndEveryoneAsync(Samples.Revocation(now), spared: null);
        for (var list = 0; list < RedisIndexSweeper.Lists; list += RedisIndexEntry.Lists)
            await index.RepairAsync(list);
    }

    /// <summary>The list in the document, as rules of an ACL.</summary>
    private static IEnumerable<string> Documented()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        var list = List().Match(text);
        Assert.True(list.Success, "operations.md has no list of commands");
        var commands = Command().Matches(list.Value).Select(match => match.Groups["command"].Value.ToLowerInvariant()).ToList();
        Assert.InRange(commands.Count, 15, 50);
        return commands.Select(command => command == "z*" ? "+@sortedset" : $"+{command}").Concat(["+@pubsub", "&*"]);
    }

    [GeneratedRegex(@"the commands it needs \([^)]+and pub/sub of the client\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex List();

    [GeneratedRegex("`(?<command>[A-Z*|]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();
}
