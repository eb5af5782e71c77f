using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Sign-ins whose persons are asked which session shall end for them. They travel sealed, through the browser, and are good once, for minutes,
/// and for the account as it was.
/// </summary>
public sealed class WaitingSignIns(
    IDataProtectionProvider dataProtection, AppSignInManager signIn, UserManager<AppUser> users, SessionManager sessions)
{
    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Accounts.WaitingSignIns.v2");

    public async Task<string> SealAsync(PendingSignIn pending)
    {
        // As it was when the password was looked at: this request has it already.
        var user = await users.FindByIdAsync(pending.UserId.ToString());
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(pending.UserId.ToByteArray());
        writer.Write(pending.SessionId.ToString());
        writer.Write(pending.Generation.ToString());
        writer.Write(pending.Remembered);
        writer.Write(pending.Leash?.ToUnixTimeMilliseconds() ?? 0);
        writer.Write(pending.Methods);
        writer.Write(pending.GoodUntil.ToUnixTimeMilliseconds());
        writer.Write(MarkOf(user!));
        writer.Write(signIn.RemembersBrowser);
        writer.Flush();
        return WebEncoders.Base64UrlEncode(_protector.Protect(buffer.ToArray()));
    }

    /// <summary>Null for what <see cref="SealAsync"/> did not make, after its time, once it has signed in, and when the account has changed since.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<WaitingSignIn?> OpenAsync(string? text) =>
        Unseal(text) is var (pending, mark, remembersBrowser) && await sessions.CanResumeAsync(pending)
            && await users.FindByIdAsync(pending.UserId.ToString()) is { } user
            && CryptographicOperations.FixedTimeEquals(MarkOf(user), mark) && await signIn.CanSignInAsync(user)
            ? new(pending, user, remembersBrowser)
            : null;

    /// <summary>Ends the session, if it is a live one of the same user, and signs in if there is room then.</summary>
    /// <exception cref="TooManySessionsException">There is no room yet: the session to end was none of the user's, or there are several too many.</exception>
    /// <exception cref="SignInSupersededException">All of the user's sessions were ended meanwhile.</exception>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task CompleteAsync(HttpContext context, WaitingSignIn waiting, SessionId toEnd)
    {
        var pending = waiting.Pending;
        await sessions.RevokeAsync(pending.UserId, toEnd, RevocationReason.MadeRoom);
        SessionManager.ResumeSignIn(context, pending);
        signIn.RemembersBrowser = waiting.RemembersBrowser;
        await signIn.SignInWithClaimsAsync(waiting.User, new AuthenticationProperties { IsPersistent = pending.Remembered },
            pending.Methods.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(method => new Claim("amr", method)));
    }

    /// <summary>Changes with the password and whatever else proves identity, also when sessions are kept. (The stamp itself goes into reset tokens.)</summary>
    private static byte[] MarkOf(AppUser user) => SHA256.HashData(Encoding.UTF8.GetBytes(user.SecurityStamp ?? ""));

    private (PendingSignIn Pending, byte[] Mark, bool RemembersBrowser)? Unseal(string? text)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(WebEncoders.Base64UrlDecode(text ?? ""))));
            var (userId, sessionId) = (new Guid(reader.ReadBytes(16)), SessionId.Parse(reader.ReadString(), null));
            var (generation, remembered, leash) = (UserGeneration.TryParse(reader.ReadString()) ?? throw new FormatException(), reader.ReadBoolean(), reader.ReadInt64());
            var (methods, goodUntil) = (reader.ReadString(), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()));
            return (new(userId, sessionId, generation, remembered, leash == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leash), methods, goodUntil), reader.ReadBytes(SHA256.HashSizeInBytes), reader.ReadBoolean());
        }
        catch (Exception e) when (e is FormatException or CryptographicException or EndOfStreamException)
        {
            return null;
        }
    }
}

/// <param name="Pending">What it is about to begin.</param>
/// <param name="User">Who was proved to be there.</param>
/// <param name="RemembersBrowser">Whether its browser is to be asked for no second factor for a while.</param>
public sealed record WaitingSignIn(PendingSignIn Pending, AppUser User, bool RemembersBrowser);
