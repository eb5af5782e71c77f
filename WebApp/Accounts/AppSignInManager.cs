using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Signing in with a password. An unknown address, a wrong password and a locked account get the same answer after the same work,
/// and of parallel guesses no more are evaluated than the lockout allows.
/// </summary>
public sealed class AppSignInManager(
    AppUserManager users, IHttpContextAccessor contexts, IUserClaimsPrincipalFactory<AppUser> claims, IOptions<IdentityOptions> options,
    ILogger<SignInManager<AppUser>> logger, IAuthenticationSchemeProvider schemes, IUserConfirmation<AppUser> confirmation,
    AppDbContext db, SessionManager sessions, AuditLog audit, TimeProvider clock)
    : SignInManager<AppUser>(users, contexts, claims, options, logger, schemes, confirmation)
{
    private AppUserManager Users => (AppUserManager)UserManager;

    /// <summary>Succeeded, or the one failure that tells nothing apart.</summary>
    /// <exception cref="SignInSupersededException">All of the user's sessions were ended while this sign-in was under way.</exception>
    /// <exception cref="PasswordsBusyException">Too many wait already; no account was touched.</exception>
    public override Task<SignInResult> PasswordSignInAsync(string userName, string password, bool isPersistent, bool lockoutOnFailure) =>
        // Before anything that depends on whose address it is: known and unknown wait alike, and who is turned away is not counted.
        Users.InTurnAsync(() => SignInInTurnAsync(userName, password, isPersistent, lockoutOnFailure));

    private async Task<SignInResult> SignInInTurnAsync(string userName, string password, bool isPersistent, bool lockoutOnFailure)
    {
        var normalized = UserManager.NormalizeName(userName);
        var id = await db.Users.Where(u => u.NormalizedUserName == normalized).Select(u => (Guid?)u.Id).SingleOrDefaultAsync();
        // The generation before the password: a change of password between the two reads then refuses this sign-in.
        // For an unknown address too, or a store that is down would tell who has an account.
        await sessions.BeginSignInAsync(Context, id ?? Guid.Empty);
        var user = await UserManager.FindByIdAsync((id ?? Guid.Empty).ToString());
        return user is null ? await PretendAsync(password, null) : await PasswordSignInAsync(user, password, isPersistent, lockoutOnFailure);
    }

    public override async Task<SignInResult> CheckPasswordSignInAsync(AppUser user, string password, bool lockoutOnFailure)
    {
        // Counted before it is evaluated, in one statement: Identity counts afterwards, and parallel guesses slip through.
        if (user.PasswordHash is null || !await CanSignInAsync(user) || !await ClaimAttemptAsync(user.Id))
            return await PretendAsync(password, user.Id);

        if (!await UserManager.CheckPasswordAsync(user, password))
        {
            await AuditFailureAsync(user.Id);
            return SignInResult.Failed;
        }

        await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.AccessFailedCount, 0)
            .SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null));
        // Whoever saves this user next writes every column, these two as well.
        (user.AccessFailedCount, user.LockoutEnd) = (0, null);
        return SignInResult.Success;
    }

    /// <summary>Gives this browser a new session in the place of its present one, unless somebody has ended that one meanwhile.</summary>
    /// <exception cref="SignInSupersededException">The present session, or all of the user's, ended while the request was under way.</exception>
    public override async Task RefreshSignInAsync(AppUser user)
    {
        // A sign-in of one's own would begin whatever became of the old session. Of this end and anybody else's, exactly one counts.
        await sessions.BeginSignInAsync(Context, user.Id);
        // (Its own end for the sake of the change that this sign-in follows, in another tab, is none of those.)
        if (RequestSession.Of(Context).Current is not { } current
            || !(await sessions.RevokeAsync(user.Id, current.Id, RevocationReason.SignedInAgain)
                || await sessions.IsEndedAsync(user.Id, current.Id, RevocationReason.AccountChanged)))
            throw new SignInSupersededException();

        // Or a change of password would take off the leash that the person put it on.
        RequestSession.Of(Context).Leash = current.AbsoluteDeadline;
        await base.RefreshSignInAsync(user);
    }

    /// <summary>Whether the session's stamp still is the user's.</summary>
    public override Task<bool> ValidateSecurityStampAsync(AppUser? user, string? securityStamp) => Task.FromResult(
        user is not null && securityStamp is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(user.SessionStamp), Encoding.UTF8.GetBytes(securityStamp)));

    /// <summary>Not while banned.</summary>
    public override async Task<bool> CanSignInAsync(AppUser user) => !(user.BannedUntil > clock.GetUtcNow()) && await base.CanSignInAsync(user);

    public override Task SignInWithClaimsAsync(AppUser user, AuthenticationProperties? authenticationProperties, IEnumerable<Claim> additionalClaims)
    {
        // The version was read before what it counts: should that change now, the session is found to be behind.
        RequestSession.Of(Context).RightsVersion = user.RightsVersion;
        return base.SignInWithClaimsAsync(user, authenticationProperties, additionalClaims);
    }

    /// <summary>Takes one of the attempts that the lockout allows; the last one locks, and success unlocks again. False while locked.</summary>
    private async Task<bool> ClaimAttemptAsync(Guid id)
    {
        var (now, lockout) = (clock.GetUtcNow(), Options.Lockout);
        var lockedUntil = now + lockout.DefaultLockoutTimeSpan;
        return await db.Users
            .Where(u => u.Id == id && (u.LockoutEnd == null || u.LockoutEnd <= now))
            .ExecuteUpdateAsync(set => set
                .SetProperty(u => u.LockoutEnd, u => u.AccessFailedCount + 1 >= lockout.MaxFailedAccessAttempts ? lockedUntil : u.LockoutEnd)
                .SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount + 1 >= lockout.MaxFailedAccessAttempts ? 0 : u.AccessFailedCount + 1)) == 1;
    }

    /// <summary>Fails after as much work as a wrong password costs: a write, a hash, and the line in the log.</summary>
    private async Task<SignInResult> PretendAsync(string password, Guid? id)
    {
        await db.Users.OrderBy(u => u.Id).Take(1).ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount));
        await Users.PretendToCheckPasswordAsync(password);
        await AuditFailureAsync(id);
        return SignInResult.Failed;
    }

    private Task AuditFailureAsync(Guid? subjectId) => audit.AppendAsync(new()
    {
        Action = AuditAction.SignInFailed,
        SubjectId = subjectId,
        Address = Context.Connection.RemoteIpAddress?.ToString(),
        Device = Device.Of(Context.Request).ToString(),
        Method = "pwd",
    });
}

/// <summary>Costs as much as the check of a real password, for the cases in which there is none to check.</summary>
public sealed class DummyPassword(IOptions<PasswordHasherOptions> options)
{
    private static readonly AppUser Nobody = new();
    private readonly PasswordHasher<AppUser> _hasher = new(options);
    private readonly string _hash = new PasswordHasher<AppUser>(options).HashPassword(Nobody, Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));

    public PasswordVerificationResult Verify(string password) => _hasher.VerifyHashedPassword(Nobody, _hash, password);
}
