using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;

namespace WebApp.Sessions;

/// <summary>
/// What a browser's cookie carries: whose session, which one, and the secret that proves possession. The secret has a part that stays
/// (the family, of which the store has only a hash: a leaked store signs nobody in) and a part that rotates.
/// </summary>
/// <remarks>
/// The rotating part is an HMAC of the version under the session's seed, which lies sealed in the store. So it need not be stored, any number
/// of parallel requests can be handed the next one without asking the store, and every older one can be told from one that was never issued.
/// </remarks>
public sealed class SessionKey
{
    private const int UserIdSize = 16;
    private const int FamilySize = 16;
    private const int ProofSize = 16;

    /// <summary>Bytes of a seed.</summary>
    public const int SeedSize = 16;

    /// <summary>Bytes of a family's hash.</summary>
    public const int FamilyHashSize = 16;

    /// <summary>Bytes of a key: user id (16), session id (16), family (16), version (8), rotating part (16).</summary>
    public const int Size = UserIdSize + WebApp.Sessions.SessionId.Size + FamilySize + SecretVersion.Size + ProofSize;

    private readonly byte[] _family;
    private readonly byte[] _proof;

    private SessionKey(Guid userId, SessionId sessionId, byte[] family, SecretVersion version, byte[] proof)
    {
        UserId = userId;
        SessionId = sessionId;
        _family = family;
        Version = version;
        _proof = proof;
    }

    public Guid UserId { get; }

    public SessionId SessionId { get; }

    /// <summary>Which of the session's secrets this is.</summary>
    public SecretVersion Version { get; }

    /// <summary>A seed for a new session: 128 random bits.</summary>
    public static byte[] NewSeed() => RandomNumberGenerator.GetBytes(SeedSize);

    /// <summary>A key for a new session: a new id, a family of 128 random bits (as ASVS 7.2.3 asks), and the first rotating part.</summary>
    public static SessionKey Create(Guid userId, byte[] seed) => Create(userId, SessionId.New(), seed);

    /// <summary>As the other, for a session whose id is drawn already.</summary>
    public static SessionKey Create(Guid userId, SessionId id, byte[] seed)
    {
        var version = SecretVersion.First();
        return new(userId, id, RandomNumberGenerator.GetBytes(FamilySize), version, Prove(seed, id, version));
    }

    /// <summary>The key that follows this one.</summary>
    public SessionKey Next(byte[] seed) => At(Version.Next(), seed);

    /// <summary>The same session's key of another version.</summary>
    public SessionKey At(SecretVersion version, byte[] seed) => new(UserId, SessionId, _family, version, Prove(seed, SessionId, version));

    /// <summary>The first half of the family's SHA-256. That suffices: 128 random bits can't be guessed, nor found for 128 bits of a hash.</summary>
    public byte[] HashFamily() => SHA256.HashData(_family)[..FamilyHashSize];

    /// <summary>Whether this key is of <paramref name="session"/>'s family, compared in constant time. It may be of any age.</summary>
    /// <remarks>Rows of earlier versions have the whole hash.</remarks>
    public bool IsOf(UserSession session)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_family, hash);
        return UserId == session.UserId
            && SessionId == session.Id
            && session.FamilyHash.Length >= FamilyHashSize
            && CryptographicOperations.FixedTimeEquals(hash[..FamilyHashSize], session.FamilyHash.Span[..FamilyHashSize]);
    }

    /// <summary>Whether this key was issued: its rotating part is that of its version, compared in constant time.</summary>
    public bool WasIssued(byte[] seed) => CryptographicOperations.FixedTimeEquals(Prove(seed, SessionId, Version), _proof);

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        UserId.TryWriteBytes(destination, bigEndian: true, out _);
        destination = destination[UserIdSize..];
        SessionId.Write(destination);
        destination = destination[WebApp.Sessions.SessionId.Size..];
        _family.CopyTo(destination);
        destination = destination[FamilySize..];
        Version.Write(destination);
        _proof.CopyTo(destination[SecretVersion.Size..]);
    }

    /// <summary>Reads exactly <see cref="Size"/> bytes; null for any other length.</summary>
    public static SessionKey? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            return null;

        var userId = new Guid(bytes[..UserIdSize], bigEndian: true);
        bytes = bytes[UserIdSize..];
        var id = SessionId.Read(bytes);
        bytes = bytes[WebApp.Sessions.SessionId.Size..];
        return new(userId, id, bytes[..FamilySize].ToArray(), SecretVersion.Read(bytes[FamilySize..]), bytes[^ProofSize..].ToArray());
    }

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

    private static byte[] Prove(byte[] seed, SessionId id, SecretVersion version)
    {
        Span<byte> subject = stackalloc byte[WebApp.Sessions.SessionId.Size + SecretVersion.Size];
        id.Write(subject);
        version.Write(subject[WebApp.Sessions.SessionId.Size..]);
        return HMACSHA256.HashData(seed, subject)[..ProofSize];
    }
}
