using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;

namespace WebApp.Sessions;

/// <summary>
/// What a browser's cookie carries: whose session, which one, and the secret that proves possession.
/// The store never sees the secret, only its SHA-256: a leaked store signs nobody in.
/// </summary>
public sealed class SessionKey
{
    private const int UserIdSize = 16;
    private const int SecretSize = 32;

    /// <summary>Bytes of a key: user id (16), session id (16), secret (32).</summary>
    public const int Size = UserIdSize + WebApp.Sessions.SessionId.Size + SecretSize;

    private readonly byte[] _secret;

    private SessionKey(Guid userId, SessionId sessionId, byte[] secret)
    {
        UserId = userId;
        SessionId = sessionId;
        _secret = secret;
    }

    public Guid UserId { get; }

    public SessionId SessionId { get; }

    /// <summary>A key for a new session: a new id and a secret of 256 random bits (ASVS 7.2.3 asks for 128).</summary>
    public static SessionKey Create(Guid userId) => new(userId, SessionId.New(), RandomNumberGenerator.GetBytes(SecretSize));

    /// <summary>The same session with another secret: the old one stops working once the store has rotated.</summary>
    public SessionKey WithNewSecret() => new(UserId, SessionId, RandomNumberGenerator.GetBytes(SecretSize));

    /// <summary>The SHA-256 of the secret. A plain hash suffices: 256 random bits can't be guessed.</summary>
    public byte[] HashSecret() => SHA256.HashData(_secret);

    /// <summary>Whether this key opens <paramref name="session"/>, compared in constant time.</summary>
    public bool Opens(UserSession session)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_secret, hash);
        return UserId == session.UserId
            && SessionId == session.Id
            && CryptographicOperations.FixedTimeEquals(hash, session.SecretHash.Span);
    }

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        UserId.TryWriteBytes(destination, bigEndian: true, out _);
        SessionId.Write(destination[UserIdSize..]);
        _secret.CopyTo(destination[(UserIdSize + SessionId.Size)..]);
    }

    /// <summary>Reads exactly <see cref="Size"/> bytes; null for any other length.</summary>
    public static SessionKey? Read(ReadOnlySpan<byte> bytes) => bytes.Length != Size
        ? null
        : new(new Guid(bytes[..UserIdSize], bigEndian: true),
            SessionId.Read(bytes[UserIdSize..]),
            bytes[(UserIdSize + SessionId.Size)..].ToArray());

    /// <summary>The text form in which the cookie handler passes the key on inside the process. Holds the secret: never log it.</summary>
    public string Encode()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return WebEncoders.Base64UrlEncode(bytes);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; false for anything else.</summary>
    public static bool TryDecode(string? text, [NotNullWhen(true)] out SessionKey? key)
    {
        key = null;
        if (text is null)
            return false;

        try
        {
            key = Read(WebEncoders.Base64UrlDecode(text));
        }
        catch (FormatException)
        {
            // Not base64url: not a key.
        }

        return key is not null;
    }

    /// <summary>User id and session id; the secret never becomes text by accident.</summary>
    public override string ToString() => $"{UserId}/{SessionId}";
}
