using WebApp.Sessions.Redis;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What is kept of an error that Redis answered.</summary>
public sealed class RedisErrorTests
{
    [Theory]
    [InlineData("OOM", "OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong kind of value")]
    [InlineData("NOPERM", "NOPERM this user has no permissions to run the 'evalsha' command")]
    [InlineData("NOPERM", "NOPERM User default has no permissions to run the 'script|load' command")]
    [InlineData("READONLY", "READONLY You can't write against a read only replica.")]
    [InlineData("MISCONF", "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
        + "disk. Commands that may modify the data set are disabled, because this instance is configured to report "
        + "errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
        + "Please check the Redis logs for details about the RDB error.")]
    [InlineData("ERR", "ERR wrong number of arguments for 'set' command")]
    [InlineData("ERR", "ERR Error compiling script (new function): user_script:1: '=' expected near 'foo'")]
    [InlineData("ERR", "ERR Error compiling script (new function): user_script:9: "
        + "'end' expected (to close 'if' at line 3) near '<eof>'")]
    [InlineData("ERR", "ERR user_script:12: Script attempted to access nonexistent global variable 'clock'")]
    [InlineData("ERR", "ERR user_script:120: bad argument #2 to 'unpack' (data string too short)")]
    [InlineData("ERR", "ERR user_script:120: attempt to index local 'record' (a nil value)")]
    public void The_words_of_Redis_and_names_of_Lua_are_kept(string code, string message) =>
        Assert.Equal(new(code, message), RedisError.Of(message));

    [Theory]
    [InlineData("ERR unknown command 'secret', with args beginning with: 'it's secret words'", "ERR unknown command …")]
    [InlineData("ERR unknown command `GETX`, with args beginning with: `secret`, `x`", "ERR unknown command …")]
    [InlineData("ERR no such key \"secret word\"", "ERR no such key …")]
    [InlineData(
        "ERR user_script:1: oh script: 2067d915024a3e1657c4169c84f809f8ebd5cd8b, on @user_script:1.",
        "ERR user_script:1: oh script: … on @user_script:1.")]
    [InlineData("ERR key us:{s1f}:00112233445566778899aabbccddeeff is odd", "ERR key … is odd")]
    [InlineData("ERR key deadbeefcafe of alice@example.com", "ERR key … of …")]
    [InlineData("ERR value dGhlIHNlY3JldCBrZXk= or 12345678901 or \u0001x\u00ff", "ERR value … or … or …")]
    [InlineData("MOVED 3999 127.0.0.1:6381", "MOVED 3999 …")]
    [InlineData("ERR value aVeryLongWordThatCouldBeHalfOfASecret", "ERR value …")]
    public void Keys_and_values_are_left_out(string message, string kept) =>
        Assert.Equal(kept, RedisError.Of(message).Text);

    [Theory]
    [InlineData("oops")]
    [InlineData("")]
    [InlineData("us:{s00}:0123 is odd")]
    public void An_answer_without_a_code_counts_as_ERR(string message) =>
        Assert.Equal("ERR", RedisError.Of(message).Code);

    [Fact]
    public void A_text_is_never_long() =>
        Assert.InRange(RedisError.Of(string.Join(' ', Enumerable.Repeat("word", 10_000))).Text.Length, 100, 500);
}
