using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

public sealed class SessionKeyTests
{
    private readonly SessionKey _key = SessionKey.Create(Guid.NewGuid());

    [Fact]
    public void A_key_comes_back_from_its_bytes_and_from_its_text()
    {
        var bytes = new byte[SessionKey.Size];
        _key.Write(bytes);

        AssertSame(_key, SessionKey.Read(bytes));
        Assert.True(SessionKey.TryDecode(_key.Encode(), out var decoded));
        AssertSame(_key, decoded);
    }

    [Fact]
    public void A_key_opens_its_own_session() => Assert.True(_key.Opens(SessionOf(_key)));

    [Fact]
    public void A_key_with_another_secret_opens_nothing()
    {
        Assert.False(_key.WithNewSecret().Opens(SessionOf(_key)));
        Assert.False(_key.Opens(SessionOf(_key) with { SecretHash = new byte[32] }));
        Assert.False(_key.Opens(SessionOf(_key) with { SecretHash = ReadOnlyMemory<byte>.Empty }));
    }

    [Fact]
    public void A_key_does_not_open_another_session_that_has_its_secret() =>
        Assert.False(_key.Opens(SessionOf(_key) with { Id = SessionId.New() }));

    [Fact]
    public void A_key_does_not_open_another_users_session_that_has_its_secret() =>
        Assert.False(_key.Opens(SessionOf(_key) with { UserId = Guid.NewGuid() }));

    [Fact]
    public void A_new_secret_leaves_user_and_session_as_they_are()
    {
        var next = _key.WithNewSecret();

        Assert.Equal((_key.UserId, _key.SessionId), (next.UserId, next.SessionId));
        Assert.NotEqual(_key.HashSecret(), next.HashSecret());
    }

    [Fact]
    public void Two_keys_of_a_user_have_nothing_else_in_common()
    {
        var other = SessionKey.Create(_key.UserId);

        Assert.NotEqual(_key.SessionId, other.SessionId);
        Assert.NotEqual(_key.HashSecret(), other.HashSecret());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SessionKey.Size - 1)]
    [InlineData(SessionKey.Size + 1)]
    public void Bytes_of_any_other_length_are_no_key(int length) => Assert.Null(SessionKey.Read(new byte[length]));

    [Fact]
    public void Text_that_is_cut_extended_or_not_base64url_is_no_key()
    {
        var text = _key.Encode();

        foreach (var malformed in new[] { null, "", "=", "!", text[..^1], text[..^2], text + "AA", text + "A", "+" + text[1..^1] + "é", "\0" + text[1..] })
        {
            Assert.False(SessionKey.TryDecode(malformed, out var key), malformed);
            Assert.Null(key);
        }
    }

    // A key that finds its way into a log or a page must not open anything.
    [Fact]
    public void The_name_of_a_key_says_nothing_of_its_secret() => Assert.Equal($"{_key.UserId}/{_key.SessionId}", _key.ToString());

    private static UserSession SessionOf(SessionKey key) =>
        Samples.Session(DateTimeOffset.UnixEpoch, key.UserId) with { Id = key.SessionId, SecretHash = key.HashSecret() };

    private static void AssertSame(SessionKey expected, SessionKey? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Encode(), actual.Encode());
        Assert.Equal((expected.UserId, expected.SessionId), (actual.UserId, actual.SessionId));
    }
}
