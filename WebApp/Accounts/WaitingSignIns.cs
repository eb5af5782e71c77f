using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Sign-ins whose persons are asked which session shall end for them. They travel sealed, through the browser, and are good once, for minutes,
/// and for the account as it was.
/// </summary>
public sealed class WaitingSignIns(
    IDataProtectionProvider dataProtection, AppSignInManager signIn, UserManager<AppUser> users, SessionManager sessions, IOptions<IdentityOptions> identity)
{
    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Accounts.WaitingSignIns.v1");

    public string Seal(TooManySessionsException tooMany)
    {
        var pending = tooMany.Pending;
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(pending.UserId.ToByteArray());
        writer.Write(pending.SessionId.ToString());
        writer.Write(pending.Generation.Value);
        writer.Write(pending.Remembered);
        writer.Write(pending.Leash?.ToUnixTimeMilliseconds() ?? 0);
        writer.Write(pending.Methods);
        writer.Write(pending.GoodUntil.ToUnixTimeMilliseconds());
        writer.Write(tooMany.User.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType) ?? "");
        writer.Flush();
        return WebEncoders.Base64UrlEncode(_protector.Protect(buffer.ToArray()));
    }

    /// <summary>Null for what <see cref="Seal"/> did not make, after its time, once it has signed in, and when the account has changed since.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<WaitingSignIn?> OpenAsync(string? text) =>
        Unseal(text) is var (pending, stamp) && await sessions.CanResumeAsync(pending)
            && await users.FindByIdAsync(pending.UserId.ToString()) is { } user
            && await signIn.ValidateSecurityStampAsync(user, stamp) && await signIn.CanSignInAsync(user)
            ? new(pending, user)
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
        await signIn.SignInWithClaimsAsync(waiting.User, new AuthenticationProperties { IsPersistent = pending.Remembered },
            pending.Methods.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(method => new Claim("amr", method)));
    }

    private (PendingSignIn Pending, string Stamp)? Unseal(string? text)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(WebEncoders.Base64UrlDecode(text ?? ""))));
            var (userId, sessionId) = (new Guid(reader.ReadBytes(16)), SessionId.Parse(reader.ReadString(), null));
            var (generation, remembered, leash) = (new UserGeneration(reader.ReadInt64()), reader.ReadBoolean(), reader.ReadInt64());
            var (methods, goodUntil) = (reader.ReadString(), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()));
            return (new(userId, sessionId, generation, remembered, leash == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leash), methods, goodUntil), reader.ReadString());
        }
        catch (Exception e) when (e is FormatException or CryptographicException or EndOfStreamException)
        {
            return null;
        }
    }
}

/// <param name="Pending">What it is about to begin.</param>
/// <param name="User">Who was proved to be there.</param>
public sealed record WaitingSignIn(PendingSignIn Pending, AppUser User);
