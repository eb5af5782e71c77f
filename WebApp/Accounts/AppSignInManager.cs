using System.Data.Common;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Factors;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Signing in with a password and, where the account has one, a second factor. An unknown address, a wrong password and an account that is locked,
/// banned, blocked or not confirmed get the same answer after the same work, and of parallel guesses no more are evaluated than the lockout allows.
/// </summary>
public sealed partial class AppSignInManager(
    AppUserManager users, IHttpContextAccessor contexts, IUserClaimsPrincipalFactory<AppUser> claims, IOptions<IdentityOptions> options,
    ILogger<SignInManager<AppUser>> logger, IAuthenticationSchemeProvider schemes, IUserConfirmation<AppUser> confirmation,
    AppDbContext db, SessionManager sessions, ProofAttempts attempts, KnownBrowsers browsers, SecondFactorCookie secondFactor, AccountNotices notices, PasswordResetMail resets, ClosedAccountMail closed,
    ConfirmationLinks confirmationLinks, MailLinks mailLinks, Errands errands, AuditLog audit, AuditKey auditKey, ILogger<AppSignInManager> log, TimeProvider clock)
    : SignInManager<AppUser>(users, contexts, claims, options, logger, schemes, confirmation)
{
    private ProofAttempt? _attempt;

    /// <summary>Whether the sign-in in this request has its browser remembered: asked for no second factor for <see cref="KnownBrowsers.RememberedFor"/>.</summary>
    internal bool RemembersBrowser { get; set; }

    private AppUserManager Users => (AppUserManager)UserManager;

    /// <summary>Succeeded; or the second factor has to be shown, for which the browser now has a cookie; or the one failure that tells nothing apart.</summary>
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
        return user is null ? await PretendAsync(normalized, password) : await PasswordSignInAsync(user, password, isPersistent, lockoutOnFailure);
    }

    /// <summary>Whether the password is right, and the account one that may sign in.</summary>
    public override async Task<SignInResult> CheckPasswordSignInAsync(AppUser user, string password, bool lockoutOnFailure)
    {
        // Counted before it is evaluated: Identity counts afterwards, and parallel guesses slip through.
        var attempt = await attempts.ClaimAsync(Context, user.Id);
        if (attempt is null || user.PasswordHash is null)
        {
            await Users.PretendToCheckPasswordAsync(password);
            await AuditFailureAsync(user.Id);
            return SignInResult.Failed;
        }

        if (!await UserManager.CheckPasswordAsync(user, password))
        {
            await AuditFailureAsync(user.Id);
            if (attempt.Locks)
                TellOfLockout(user);
            return SignInResult.Failed;
        }

        if (!await CanSignInAsync(user))
        {
            await AuditFailureAsync(user.Id);
            TellTheTruth(user);
            return SignInResult.Failed;
        }

        _attempt = attempt;
        // With a second factor to come nothing is won yet: whoever knows the password must not get fresh attempts at the code with it.
        await (user.TwoFactorEnabled ? attempts.ForgiveAsync(attempt) : attempts.ClearAsync(attempt));
        return SignInResult.Success;
    }

    /// <summary>The sign-in that waits for the second factor in this browser; null without one, when it has waited too long, and when the account may not sign in any more.</summary>
    public async Task<PendingSecondFactor?> FindPendingAsync() =>
        // Banned or blocked meanwhile: the cookie was made for the account as it was.
        await secondFactor.ReadAsync(Context) is { } pending && await CanSignInAsync(pending.User) ? pending : null;

    /// <summary>The form that this request sends as the second step. Sent again it is the same only with the same first step.</summary>
    public SignInForm SecondForm() => SignInForm.Of(Context.Request.Form, secondFactor.TextIn(Context));

    /// <summary>The person does not go on with the sign-in that waits in this browser.</summary>
    public async Task CancelPendingAsync()
    {
        if (await secondFactor.ReadAsync(Context) is { } pending)
            await secondFactor.SpendAsync(Context, pending);
        else
            secondFactor.Delete(Context);
    }

    /// <summary>Has the sign-in wait for the second factor, as after a right password.</summary>
    /// <param name="user">Whose first proof was right; a sign-in has begun for it.</param>
    /// <param name="remembered">Whether the session is to be a remembered one.</param>
    /// <param name="method">The first proof's, by RFC 8176.</param>
    public void AskForSecondFactor(AppUser user, bool remembered, string method) => secondFactor.Write(Context, user, remembered, method);

    /// <summary>The second factor was right, and its attempt has been cleared: signs in. False when that was done already with the same cookie.</summary>
    /// <param name="pending">From <see cref="FindPendingAsync"/>.</param>
    /// <param name="method">The second proof's, by RFC 8176.</param>
    /// <param name="rememberBrowser">Whether this browser is asked for no second factor for <see cref="KnownBrowsers.RememberedFor"/>.</param>
    /// <exception cref="SignInSupersededException">All of the user's sessions were ended while this sign-in was under way.</exception>
    /// <exception cref="TooManySessionsException">The person is to be asked which session shall end.</exception>
    public async Task<bool> CompleteAsync(PendingSecondFactor pending, string method, bool rememberBrowser)
    {
        if (!await secondFactor.SpendAsync(Context, pending))
            return false;

        SessionManager.ResumeSignIn(Context, pending.Generation, pending.Leash);
        RemembersBrowser = rememberBrowser;
        await SignInWithClaimsAsync(pending.User, new AuthenticationProperties { IsPersistent = pending.Remembered }, [new("amr", pending.Method), new("amr", method)]);
        return true;
    }

    protected override async Task<SignInResult> SignInOrTwoFactorAsync(AppUser user, bool isPersistent, string? loginProvider = null, bool bypassTwoFactor = false)
    {
        if (!bypassTwoFactor && user.TwoFactorEnabled && !await browsers.IsRememberedAsync(Context, user.Id))
        {
            AskForSecondFactor(user, isPersistent, "pwd");
            return SignInResult.TwoFactorRequired;
        }

        if (_attempt is not null)
            await attempts.ClearAsync(_attempt);
        await SignInWithClaimsAsync(user, isPersistent, [new("amr", "pwd")]);
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

    /// <summary>Not while banned, and not while blocked until the password is reset.</summary>
    public override async Task<bool> CanSignInAsync(AppUser user) =>
        !user.SignInBlocked && !(user.BannedUntil > clock.GetUtcNow()) && await base.CanSignInAsync(user);

    /// <summary>Where every sign-in ends, however it began.</summary>
    public override async Task SignInWithClaimsAsync(AppUser user, AuthenticationProperties? authenticationProperties, IEnumerable<Claim> additionalClaims)
    {
        // The version was read before what it counts: should that change now, the session is found to be behind.
        RequestSession.Of(Context).RightsVersion = user.RightsVersion;
        await base.SignInWithClaimsAsync(user, authenticationProperties, additionalClaims);
        await NoteSignInAsync(user);
    }

    /// <summary>Fails after as much work as a wrong password costs: a write, a hash, and the line in the log.</summary>
    private async Task<SignInResult> PretendAsync(string? name, string password)
    {
        await attempts.PretendToClaimAsync(Context);
        await Users.PretendToCheckPasswordAsync(password);
        await AuditFailureAsync(null, details: $"No account has this name; its mark is {auditKey.MarkOf(name ?? "")}.");
        return SignInResult.Failed;
    }

    /// <summary>Behind the request: that it takes longer would tell that there is such an account.</summary>
    internal void TellOfLockout(AppUser user)
    {
        var (id, site) = (user.Id, mailLinks.SiteOf(Context));
        errands.Add(services => services.GetRequiredService<AppSignInManager>().TellOfLockoutAsync(id, site));
    }

    /// <summary>The password was right, which the page must not say of an account that may not sign in. The mailbox may.</summary>
    private void TellTheTruth(AppUser user)
    {
        if (user.BannedUntil > clock.GetUtcNow())
            closed.Remind(Context, user.Id);
        else if (user.SignInBlocked)
            resets.Remind(Context, user.Id);
        else if (!user.EmailConfirmed)
            confirmationLinks.Remind(Context, user.Id);
    }

    private async Task TellOfLockoutAsync(Guid userId, Uri site)
    {
        var (now, dayAgo) = (clock.GetUtcNow(), clock.GetUtcNow().AddDays(-1));
        // Whoever keeps guessing must not fill the owner's mailbox; nor have us write to an address that nobody has confirmed.
        var isDue = await db.Users.Where(u => u.Id == userId && u.EmailConfirmed && (u.FailuresToldAt == null || u.FailuresToldAt < dayAgo))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.FailuresToldAt, now)) == 1;
        if (isDue && await db.Users.FindAsync(userId) is { } user)
            await notices.WrongProofsAsync(site, user);
        await audit.AppendAsync(new() { Action = AuditAction.AccountLocked, SubjectId = userId });
    }

    /// <summary>What follows a sign-in. It has begun: a database that is busy must not take it away again.</summary>
    private async Task NoteSignInAsync(AppUser user)
    {
        try
        {
            if (await browsers.NoteSignInAsync(Context, user.Id, RemembersBrowser) == BrowserRecognition.New)
                await notices.SignedInOnNewDeviceAsync(user, Device.Of(Context.Request).ToString());
            if (RemembersBrowser)
                await audit.AppendAsync(AuditEntries.By(Context, user.Id, AuditAction.BrowserRemembered));
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            LogNotNoted(log, e, user.Id);
        }
    }

    /// <summary>Writes down that a proof of identity was not accepted.</summary>
    /// <param name="subjectId">Whose account; null when it is unknown.</param>
    /// <param name="method">What was tried, by RFC 8176.</param>
    /// <param name="details">What else is known of it; null for nothing.</param>
    public Task AuditFailureAsync(Guid? subjectId, string method = "pwd", string? details = null)
    {
        FailedProof.Mark(Context);
        return audit.AppendAsync(
            AuditEntries.About(Context, subjectId, AuditAction.SignInFailed) with { Method = method, Details = details });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "User {UserId} has signed in, but the browser could not be noted: the next sign-in there counts as one on a new device")]
    private static partial void LogNotNoted(ILogger logger, Exception e, Guid userId);
}

/// <summary>Costs as much as the check of a real password, for the cases in which there is none to check.</summary>
public sealed class DummyPassword(IOptions<PasswordHasherOptions> options)
{
    private static readonly AppUser Nobody = new();
    private readonly string _hash = new PasswordHasher<AppUser>(options).HashPassword(Nobody, Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));

    /// <param name="hasher">The one that checks real passwords.</param>
    /// <param name="password">As it was entered.</param>
    public PasswordVerificationResult Verify(IPasswordHasher<AppUser> hasher, string password) => hasher.VerifyHashedPassword(Nobody, _hash, password);
}
