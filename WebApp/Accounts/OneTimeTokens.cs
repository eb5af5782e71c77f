using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts;

/// <summary>
/// Tokens that travel through mails, forms and cookies: sealed, for one purpose, for a time, and good once. All but those of
/// <see cref="TokenPurpose.NotMe"/> are good only for the account as it was: a change of password, or of anything else that proves identity, retires them.
/// </summary>
public sealed class OneTimeTokens(IDataProtectionProvider dataProtection, AppDbContext db, TimeProvider clock)
{
    /// <summary>Longer than any token of ours; what is longer is not even decoded.</summary>
    private const int MaxLength = 4096;

    /// <summary>A new token about <paramref name="user"/>, safe in a URL. Nothing is stored for it before it is spent.</summary>
    /// <param name="purpose">What it is for; it opens for nothing else.</param>
    /// <param name="user">Whom it is about; null if that is not known yet.</param>
    /// <param name="lifetime">From now on.</param>
    /// <param name="content">What it carries. Whoever holds the token can't read it.</param>
    public string Seal(TokenPurpose purpose, AppUser? user, TimeSpan lifetime, string content = "")
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(Guid.NewGuid().ToByteArray());
        writer.Write((user?.Id ?? Guid.Empty).ToByteArray());
        writer.Write((clock.GetUtcNow() + lifetime).ToUnixTimeMilliseconds());
        writer.Write(MarkOf(purpose, user));
        writer.Write(content);
        writer.Flush();
        return WebEncoders.Base64UrlEncode(ProtectorFor(purpose).Protect(buffer.ToArray()));
    }

    /// <summary>
    /// Null for whatever <see cref="Seal"/> did not make for this purpose, after its time, when it is spent, and when the account is gone or has changed.
    /// Opening does not spend it.
    /// </summary>
    public async Task<OneTimeToken?> OpenAsync(TokenPurpose purpose, string? text)
    {
        if (Unseal(purpose, text) is not var (id, userId, goodUntil, mark, content) || goodUntil <= clock.GetUtcNow())
            return null;

        var user = userId == Guid.Empty ? null : await db.Users.FindAsync(userId);
        return (userId == Guid.Empty || user is not null)
            && CryptographicOperations.FixedTimeEquals(MarkOf(purpose, user), mark)
            && !await db.SpentTokens.AnyAsync(token => token.Id == id)
            ? new(id, user, goodUntil, content)
            : null;
    }

    /// <summary>True for exactly one caller, however many come at once. Call it before the act: one that fails then costs a new token, never a second act.</summary>
    public async Task<bool> SpendAsync(OneTimeToken token) =>
        await db.Database.ExecuteSqlAsync(
            $"""INSERT INTO "SpentTokens" ("Id", "KeepUntil") VALUES ({token.Id}, {token.GoodUntil.ToUnixTimeMilliseconds()}) ON CONFLICT DO NOTHING""") == 1;

    private IDataProtector ProtectorFor(TokenPurpose purpose) => dataProtection.CreateProtector("WebApp.Accounts.OneTimeTokens.v1", purpose.ToString());

    /// <summary>Changes with the password and whatever else proves identity, also when sessions are kept.</summary>
    private static byte[] MarkOf(TokenPurpose purpose, AppUser? user) =>
        user is null || purpose == TokenPurpose.NotMe ? new byte[SHA256.HashSizeInBytes] : SHA256.HashData(Encoding.UTF8.GetBytes(user.SecurityStamp ?? ""));

    private (Guid Id, Guid UserId, DateTimeOffset GoodUntil, byte[] Mark, string Content)? Unseal(TokenPurpose purpose, string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
            return null;

        try
        {
            using var reader = new BinaryReader(new MemoryStream(ProtectorFor(purpose).Unprotect(WebEncoders.Base64UrlDecode(text))));
            return (new(reader.ReadBytes(16)), new(reader.ReadBytes(16)), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
                reader.ReadBytes(SHA256.HashSizeInBytes), reader.ReadString());
        }
        catch (Exception e) when (e is FormatException or CryptographicException or EndOfStreamException)
        {
            return null;
        }
    }
}

/// <summary>What a token is for. The names are part of the seal: never rename one.</summary>
public enum TokenPurpose
{
    ConfirmEmail,
    ResetPassword,
    ChangeEmail,

    /// <summary>"This wasn't me", from a notice: it outlives the changes that it is there to undo.</summary>
    NotMe,

    /// <summary>A sign-in whose password was right and that waits for the second factor.</summary>
    SecondFactor,

    /// <summary>An authenticator app's key that its owner has not shown to have yet.</summary>
    AddAuthenticator,

    /// <summary>Recovery codes on their way from the page that shows them to the file that keeps them.</summary>
    RecoveryCodes,

    /// <summary>The challenge to a new passkey.</summary>
    AddPasskey,

    /// <summary>The challenge to a passkey that is to prove who is there.</summary>
    UsePasskey,
}

/// <param name="Id">Its own, under which it is spent.</param>
/// <param name="User">Whom it is about, tracked; null if that was not known when it was made.</param>
/// <param name="GoodUntil">UTC.</param>
/// <param name="Content">What it carries.</param>
public sealed record OneTimeToken(Guid Id, AppUser? User, DateTimeOffset GoodUntil, string Content);

/// <summary>A token that must not be good again, kept until it would not be anyway.</summary>
public sealed class SpentToken
{
    public required Guid Id { get; init; }

    public required DateTimeOffset KeepUntil { get; init; }
}
