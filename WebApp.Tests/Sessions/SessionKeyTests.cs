using System.Security.Cryptography;
using CsCheck;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionKeyTests
{
    private readonly byte[] _seed = SessionKey.NewSeed();
    private readonly SessionKey _key;

    public SessionKeyTests() => _key = SessionKey.Create(Guid.NewGuid(), _seed);

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
    public void Any_bytes_of_the_right_size_are_a_key_and_come_back() => Gen.Byte.Array[SessionKey.Size].Sample(bytes =>
    {
        var key = SessionKey.Read(bytes)!;
        var written = new byte[SessionKey.Size];
        key.Write(written);

        Assert.Equal(bytes, written);
        Assert.True(SessionKey.TryDecode(key.Encode(), out var decoded));
        AssertSame(key, decoded);
        Assert.False(key.WasIssued(_seed));
    }, iter: 1000);

    [Fact]
    public void Any_other_text_is_no_key()
    {
        var bytes = Any.Bytes(2 * SessionKey.Size).Where(bytes => bytes.Length != SessionKey.Size);

        Gen.OneOf(Any.Text, Any.Base64UrlOf(bytes))
            .Sample(text => Assert.False(SessionKey.TryDecode(text, out _)), iter: 2000);
    }

    [Fact]
    public void A_key_is_of_its_own_session_and_was_issued()
    {
        Assert.True(_key.IsOf(SessionOf(_key)));
        Assert.True(_key.WasIssued(_seed));
    }

    [Fact]
    public void A_key_of_another_family_is_of_no_session()
    {
        Assert.False(_key.WithOtherFamily().IsOf(SessionOf(_key)));
        Assert.False(_key.IsOf(SessionOf(_key) with { FamilyHash = new byte[SessionKey.FamilyHashSize] }));
        Assert.False(_key.IsOf(SessionOf(_key) with { FamilyHash = new byte[32] }));
        Assert.False(_key.IsOf(SessionOf(_key) with { FamilyHash = _key.HashFamily().AsMemory(0, SessionKey.FamilyHashSize - 1) }));
        Assert.False(_key.IsOf(SessionOf(_key) with { FamilyHash = ReadOnlyMemory<byte>.Empty }));
    }

    // Rows of earlier versions have the whole SHA-256.
    [Fact]
    public void A_key_is_of_a_session_that_has_the_whole_hash()
    {
        var bytes = new byte[SessionKey.Size];
        _key.Write(bytes);

        Assert.True(_key.IsOf(SessionOf(_key) with { FamilyHash = SHA256.HashData(bytes.AsSpan(32, 16)) }));
    }

    [Fact]
    public void A_key_of_an_older_longer_seed_was_issued()
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var next = _key.Next(seed);

        Assert.True(next.WasIssued(seed));
        Assert.False(next.WasIssued(seed[..SessionKey.SeedSize]));
    }

    [Fact]
    public void The_next_key_is_of_the_same_family_and_was_issued_too()
    {
        var (next, twin) = (_key.Next(_seed), _key.Next(_seed));

        Assert.True(next.IsOf(SessionOf(_key)));
        Assert.True(next.WasIssued(_seed));
        Assert.Equal(_key.Version.Number + 1, next.Version.Number);
        Assert.Equal(next.Version.Number, twin.Version.Number);
        Assert.NotEqual(next.Version.Mark, twin.Version.Mark);
    }

    [Fact]
    public void A_key_whose_version_or_rotating_part_was_changed_was_never_issued()
    {
        var bytes = new byte[SessionKey.Size];
        _key.Write(bytes);

        for (var at = 48; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            Assert.False(SessionKey.Read(changed)!.WasIssued(_seed));
        }

        Assert.False(_key.WasIssued(SessionKey.NewSeed()));
        Assert.False(_key.Next(SessionKey.NewSeed()).WasIssued(_seed));
    }

    [Fact]
    public void A_key_is_not_of_another_session_that_has_its_family() =>
        Assert.False(_key.IsOf(SessionOf(_key) with { Id = SessionId.New() }));

    [Fact]
    public void A_key_is_not_of_another_users_session_that_has_its_family() =>
        Assert.False(_key.IsOf(SessionOf(_key) with { UserId = Guid.NewGuid() }));

    [Fact]
    public void Two_keys_of_a_user_have_nothing_else_in_common()
    {
        var other = SessionKey.Create(_key.UserId, _seed);

        Assert.NotEqual(_key.SessionId, other.SessionId);
        Assert.NotEqual(_key.HashFamily(), other.HashFamily());
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
        Samples.Session(DateTimeOffset.UnixEpoch, key.UserId) with { Id = key.SessionId, FamilyHash = key.HashFamily() };

    private static void AssertSame(SessionKey expected, SessionKey? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Encode(), actual.Encode());
        Assert.Equal((expected.UserId, expected.SessionId), (actual.UserId, actual.SessionId));
    }
}
