using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts.Factors;

/// <summary>Authenticator apps: their keys, and whether a code is one of theirs. Keys lie protected, each for its own account only.</summary>
public sealed partial class Authenticators(
    AppDbContext db, OneTimeTokens tokens, IDataProtectionProvider dataProtection, TimeProvider clock, ILogger<Authenticators> logger)
{
    /// <summary>How long a person may take to set an app up.</summary>
    private static readonly TimeSpan SetUpTime = TimeSpan.FromMinutes(15);

    /// <summary>A key for an app that is yet to be set up. It is stored nowhere before the app has shown a right code: see <see cref="SecondFactors.AddAuthenticatorAsync"/>.</summary>
    public NewAuthenticator Propose(AppUser user)
    {
        var key = TotpCodes.NewKey();
        return new(user, key, tokens.Seal(TokenPurpose.AddAuthenticator, user, SetUpTime, Convert.ToBase64String(key)), null);
    }

    /// <summary>What <see cref="Propose"/> sealed for this person. Null for anything else, after its time, when it was used, and when the account has changed since.</summary>
    public async Task<NewAuthenticator?> OpenAsync(AppUser user, string? text) =>
        await tokens.OpenAsync(TokenPurpose.AddAuthenticator, text) is { } token && token.User?.Id == user.Id
            ? new(user, Convert.FromBase64String(token.Content), text!, token)
            : null;

    /// <summary>The step of the code, if the new app shows it just now; null otherwise.</summary>
    public long? FindStep(NewAuthenticator app, string code) => TotpCodes.FindStep(app.Key, code, clock.GetUtcNow());

    /// <summary>The person's; null without one.</summary>
    public Task<Authenticator?> FindAsync(Guid userId) => db.Authenticators.AsNoTracking().SingleOrDefaultAsync(a => a.UserId == userId);

    /// <summary>
    /// Whether the person's app shows this code just now. True once for each: what was accepted, and what is older than that, is not accepted again
    /// (ASVS 5.0, 6.5.1), also if it comes twice at once.
    /// </summary>
    public async Task<bool> AcceptAsync(Guid userId, string code)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(userId) is not { } authenticator || KeyOf(authenticator) is not { } key || TotpCodes.FindStep(key, code, now) is not { } step)
            return false;

        // The key too: the app may have been replaced since it was read.
        return await db.Authenticators.Where(a => a.UserId == userId && a.LastStep < step && a.ProtectedKey == authenticator.ProtectedKey)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.LastStep, step).SetProperty(a => a.LastUsedAt, now)) == 1;
    }

    internal byte[] Protect(Guid userId, byte[] key) => ProtectorFor(userId).Protect(key);

    private byte[]? KeyOf(Authenticator authenticator)
    {
        try
        {
            return ProtectorFor(authenticator.UserId).Unprotect(authenticator.ProtectedKey);
        }
        catch (CryptographicException e)
        {
            // Its owner still has the recovery codes.
            LogUnreadable(e, authenticator.UserId);
            return null;
        }
    }

    // With the owner in the purpose, or a row that is moved to another account would open that.
    private IDataProtector ProtectorFor(Guid userId) => dataProtection.CreateProtector("WebApp.Accounts.Authenticators.v1", userId.ToString("N"));

    [LoggerMessage(Level = LogLevel.Error, Message = "The key of user {UserId}'s authenticator app can't be read: no code of it is accepted. Was the key ring lost?")]
    private partial void LogUnreadable(Exception e, Guid userId);
}

/// <summary>An app that is being set up.</summary>
/// <param name="User">Whose.</param>
/// <param name="Key">What app and server share.</param>
/// <param name="Sealed">The same, for the way through the form.</param>
/// <param name="Token">What it came back in; null while it has not.</param>
public sealed record NewAuthenticator(AppUser User, byte[] Key, string Sealed, OneTimeToken? Token)
{
    /// <summary>What the app calls the account's site.</summary>
    private const string Issuer = "WebApp Sessions";

    /// <summary>The key to type by hand, in groups of four.</summary>
    public string KeyText => Base32.Group(Base32.Encode(Key), 4, ' ');

    /// <summary>What the app reads from the picture.</summary>
    public string Uri =>
        $"otpauth://totp/{System.Uri.EscapeDataString(Issuer)}:{System.Uri.EscapeDataString(User.Email!)}?secret={Base32.Encode(Key)}"
        + $"&issuer={System.Uri.EscapeDataString(Issuer)}&algorithm=SHA1&digits={TotpCodes.Digits}&period={TotpCodes.StepLength}";
}
