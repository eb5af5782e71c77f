using WebApp.Sessions.Redis;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>How scripts are put together. What is wrong with one must be found when the app starts.</summary>
public sealed class RedisScriptSetTests
{
    [Fact]
    public void The_parts_come_first_and_constants_take_the_place_of_their_names()
    {
        var set = Set(
            new() { ["first"] = "local a = $One", ["second"] = "local b = $Two", ["main"] = "return a + $One" },
            ("One", 1), ("Two", -2L));

        var script = set.Add("main", "first", "second");

        Assert.Equal(new RedisScript("main", "local a = 1\nlocal b = -2\nreturn a + 1"), script);
        Assert.Equal([script], set.Complete().Scripts);
    }

    [Fact]
    public void Texts_and_bytes_become_literals_and_are_not_looked_through_for_names()
    {
        var set = Set(
            new() { ["main"] = "return $Text .. $Bytes" },
            ("Text", "us:'$One"), ("Bytes", new byte[] { 0, 65, 255 }));

        Assert.Equal(@"return 'us\058\039\036One' .. '\000A\255'", set.Add("main").Text);
    }

    [Theory]
    [InlineData("return $Unknown")]
    [InlineData("return $one")]
    [InlineData("return $")]
    public void A_name_that_is_no_constant_throws(string text)
    {
        var set = Set(new() { ["main"] = text }, ("One", 1));

        var error = Assert.Throws<InvalidOperationException>(() => set.Add("main"));

        Assert.Contains($"main has {text.Split(' ')[1]}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constant_that_no_script_uses_throws()
    {
        var set = Set(new() { ["main"] = "return $One" }, ("One", 1), ("Two", 2));
        set.Add("main");
        var error = Assert.Throws<InvalidOperationException>(set.Complete);

        Assert.EndsWith("constants Two.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_throws()
    {
        var set = RedisScriptSet.Beside(typeof(RedisScripts), []);

        var error = Assert.Throws<InvalidOperationException>(() => set.Add("no_such_script"));

        Assert.Contains("no_such_script", error.Message, StringComparison.Ordinal);
    }

    private static RedisScriptSet Set(
        Dictionary<string, string> files, params (string Name, object Value)[] constants) =>
        new(name => files[name], constants.ToDictionary(constant => constant.Name, constant => constant.Value));
}
