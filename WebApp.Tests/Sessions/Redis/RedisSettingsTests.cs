using Microsoft.Extensions.Options;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>Where Redis is and who signs in there, as operators write it: it works, or is refused in words that tell no secret.</summary>
[Trait("Lane", "Fast")]
public sealed class RedisSettingsTests
{
    /// <summary>What no error may hold a piece of.</summary>
    private const string Password = "Tr0ub4dor,and=3:more@home/[x]";

    [Theory]
    [InlineData("localhost:6379", "localhost:6379")]
    [InlineData("redis-1:6379,redis_2.internal:6380,10.0.0.3", "redis-1:6379,redis_2.internal:6380,10.0.0.3")]
    [InlineData("[::1]:6379", "[::1]:6379")]
    [InlineData("[2001:db8::5]:6380,[2001:db8::6]", "[2001:db8::5]:6380,2001:db8::6")]
    [InlineData("redis:6379, ssl=true, connectTimeout=500", "redis:6379")]
    [InlineData("redis:6379,password=a=b==", "redis:6379")]
    public void A_list_of_hosts_and_options_is_read(string text, string hosts) =>
        Assert.Equal(hosts.Split(','), new RedisSettings().Read(text).EndPoints.Select(host => $"{StackExchange.Redis.EndPointCollection.ToString(host)}".Replace("Unspecified/", "", StringComparison.Ordinal)));

    [Theory]
    [InlineData($"redis:6379,password={Password}")]
    [InlineData("redis:6379,password=Tr0ub4dor,3more")]
    [InlineData("redis:6379,pasword=Tr0ub4dor")]
    [InlineData("redis:6379,ssl=Tr0ub4dor")]
    [InlineData("redis:6379,connectTimeout=Tr0ub4dor")]
    [InlineData("redis://default:Tr0ub4dor@redis:6379")]
    [InlineData("rediss://redis:6379/0")]
    [InlineData("Tr0ub4dor@redis:6379")]
    [InlineData("redis:Tr0ub4dor")]
    [InlineData("redis:0")]
    [InlineData("redis:70000")]
    [InlineData("::1:6379")]
    [InlineData("[::1:6379")]
    [InlineData("[Tr0ub4dor]:6379")]
    [InlineData("my redis:6379")]
    [InlineData("redis:6379,,other")]
    [InlineData("password=Tr0ub4dor")]
    [InlineData(",redis:6379")]
    public void What_can_not_be_read_is_refused_and_no_piece_of_it_repeated(string text)
    {
        var refusal = Assert.Throws<OptionsValidationException>(() => new RedisSettings().Read(text));

        Assert.StartsWith("ConnectionStrings:Redis ", refusal.Message, StringComparison.Ordinal);
        Assert.All(["Tr0ub4dor", "3more", "and=3", "more@home", "[x]"], piece => Assert.DoesNotContain(piece, refusal.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void User_and_password_of_their_own_win_and_are_taken_as_they_are()
    {
        var options = new RedisSettings { User = "webapp", Password = Password }.Read("redis:6379,user=other,password=old");

        Assert.Equal(("webapp", Password), (options.User, options.Password));
    }

    [Fact]
    public async Task With_any_password_of_its_own_the_app_gets_ready_at_an_IPv6_address_too()
    {
        await using var redis = new RedisServer { Options = ["--bind", "127.0.0.1", "::1"] };
        await redis.StartAsync();
        await redis.CliAsync("ACL", "SETUSER", "webapp", "on", "~*", "&*", "+@all", $">{Password}");
        await redis.CliAsync("ACL", "SETUSER", "default", "off");
        await using var app = new TestApp
        {
            Settings = { ["ConnectionStrings:Redis"] = $"[::1]:{redis.Port}", ["Redis:User"] = "webapp", ["Redis:Password"] = Password },
        };

        await app.UntilReadyAsync();

        using var browser = await app.NewUserAsync();
        Assert.Equal(200, (await browser.GetAsync("/account")).Status);
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("Tr0ub4dor", StringComparison.Ordinal));
    }
}
