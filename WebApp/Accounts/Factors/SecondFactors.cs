using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts.Factors;

/// <summary>The verbs that pages use on a person's own second factors.</summary>
public sealed class SecondFactors(
    AppDbContext db, AppUserManager users, Authenticators authenticators, RecoveryCodes codes, KnownBrowsers browsers, OneTimeTokens tokens,
    SessionRenewal sessions, AccountNotices notices, IOptions<AccountOptions> options, AuditLog audit, TimeProvider clock)
{
    /// <summary>What the person has, and whether it may be done without.</summary>
    public async Task<FactorSummary> DescribeAsync(AppUser user) => new(
        await authenticators.FindAsync(user.Id), (await users.GetPasskeysAsync(user)).Count, await codes.CountAsync(user.Id),
        options.Value.IsTwoFactorRequired(user, await users.GetRolesAsync(user)));

    /// <summary>The app that has shown a right code becomes the person's, in the place of an earlier one.</summary>
    /// <param name="context">The person's request.</param>
    /// <param name="app">As it came back from the form.</param>
    /// <param name="step">Of the code that it has shown, which is not good again.</param>
    /// <param name="endOthers">Whether the person's other sessions end.</param>
    public async Task<FactorsChange> AddAuthenticatorAsync(HttpContext context, NewAuthenticator app, long step, bool endOthers)
    {
        if (app.Token is null || !await tokens.SpendAsync(app.Token))
            return FactorsChange.Overtaken;

        var (key, now) = (authenticators.Protect(app.User.Id, app.Key), clock.GetUtcNow());
        if (await db.Authenticators.FindAsync(app.User.Id) is { } before)
            (before.ProtectedKey, before.LastStep, before.AddedAt, before.LastUsedAt) = (key, step, now, null);
        else
            db.Authenticators.Add(new() { UserId = app.User.Id, ProtectedKey = key, LastStep = step, AddedAt = now });
        return await FactorsChangedAsync(context, app.User, AuditAction.AuthenticatorAdded, endOthers);
    }

    /// <summary>Takes the app away. <see cref="FactorsChange.Overtaken"/> when there is none, and when it is the last factor and may not go.</summary>
    /// <param name="context">The person's request.</param>
    /// <param name="user">Whose.</param>
    /// <param name="turnOff">Whether the person knows that the last factor turns two-factor sign-in off.</param>
    /// <param name="endOthers">Whether the person's other sessions end.</param>
    public async Task<FactorsChange> RemoveAuthenticatorAsync(HttpContext context, AppUser user, bool turnOff, bool endOthers)
    {
        if (!(await DescribeAsync(user)).MayLoseOne(turnOff) || await db.Authenticators.FindAsync(user.Id) is not { } authenticator)
            return FactorsChange.Overtaken;

        db.Authenticators.Remove(authenticator);
        return await FactorsChangedAsync(context, user, AuditAction.AuthenticatorRemoved, endOthers);
    }

    /// <summary>New recovery codes; the old ones are no good any more. <see cref="FactorsChange.Overtaken"/> for a person without a second factor.</summary>
    public async Task<FactorsChange> ReplaceRecoveryCodesAsync(HttpContext context, AppUser user, bool endOthers)
    {
        if (!user.TwoFactorEnabled)
            return FactorsChange.Overtaken;

        await codes.RemoveAsync(user.Id);
        return await FactorsChangedAsync(context, user, AuditAction.RecoveryCodesMade, endOthers);
    }

    /// <summary>
    /// Where every set-up, removal and reset of a factor ends. It is saved, told by mail and written down, and ends or renews the person's sessions; no browser is
    /// remembered any more, and what waited for the account as it was waits in vain. With the first factor come recovery codes; with the last they go.
    /// </summary>
    /// <param name="context">The person's request.</param>
    /// <param name="user">Whose factors. Changes that the context tracks, and that are not saved yet, are saved together with the account.</param>
    /// <param name="action">What is being done.</param>
    /// <param name="endOthers">Whether the person's other sessions end; see <see cref="FactorSummary.MustEndOthers"/>. This one goes on under a new cookie.</param>
    /// <param name="details">Which factor, in words that the person may read; null when there can be only one.</param>
    public async Task<FactorsChange> FactorsChangedAsync(HttpContext context, AppUser user, AuditAction action, bool endOthers, string? details = null)
    {
        endOthers |= await GetsStaffRightsAsync(user);
        var before = await notices.BeforeChangeAsync(user);
        var sheet = await AdaptAsync(user);
        if (!await SaveAsync(user, endOthers))
            return FactorsChange.Overtaken;

        notices.FactorsChanged(user, before, Tell(action, details));
        await audit.AppendAsync(AuditEntries.By(context, user.Id, action) with { Details = details });
        await browsers.ForgetAllAsync(user.Id);
        var ended = await sessions.BeginAnewAsync(context, user, endOthers ? OtherSessions.End : OtherSessions.Keep, RevocationReason.FactorsChanged);
        return new(ended is null ? FactorsChangeOutcome.DoneButNotConfirmed : FactorsChangeOutcome.Done)
        {
            Ended = endOthers ? ended ?? 0 : null,
            // Sealed only now: the change of the account has retired what was sealed before.
            NewCodes = sheet is null ? null : codes.SheetOf(user, sheet),
        };
    }

    /// <summary>
    /// On behalf of support, for a person who has lost them: takes every factor away, recovery codes and remembered browsers with them. It is told by mail,
    /// with a way back; the caller writes it down, and ends the sessions. False when there was none, or the account changed at the same time.
    /// </summary>
    /// <param name="site">See <see cref="Mail.MailLinks.SiteOf"/>.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="why">In words, for a sentence of its own.</param>
    public async Task<bool> RemoveAllAsync(Uri site, Guid userId, string why)
    {
        // Sessions hear of it only when it is saved, and by then their end is under way, with its reason.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable);
        db.ChangeTracker.Clear();
        if (await users.FindByIdAsync(userId.ToString()) is not { TwoFactorEnabled: true } user)
            return false;

        db.Authenticators.RemoveRange(await db.Authenticators.Where(a => a.UserId == userId).ToListAsync());
        db.PasskeyUses.RemoveRange(await db.PasskeyUses.Where(use => use.UserId == userId).ToListAsync());
        db.UserPasskeys.RemoveRange(await db.UserPasskeys.Where(passkey => passkey.UserId == userId).ToListAsync());
        var before = await notices.BeforeChangeAsync(user);
        await AdaptAsync(user);
        if (!await SaveAsync(user, endOthers: true))
            return false;

        await browsers.ForgetAllAsync(userId);
        await transaction.CommitAsync();
        notices.FactorsRemoved(site, user, before, why);
        return true;
    }

    /// <summary>
    /// With their first factor, staff get what their role may do. A session of somebody who knows only the password waits for that, so no session but
    /// the one that set the factor up may live to see it.
    /// </summary>
    private async Task<bool> GetsStaffRightsAsync(AppUser user) => !user.TwoFactorEnabled && options.Value.IsTwoFactorRequired(user, await users.GetRolesAsync(user));

    private static string Tell(AuditAction action, string? details) => action switch
    {
        AuditAction.AuthenticatorAdded => "An authenticator app was set up",
        AuditAction.AuthenticatorRemoved => "The authenticator app was removed",
        AuditAction.PasskeyAdded => $"A passkey was added, called \"{details}\",",
        AuditAction.PasskeyRemoved => $"The passkey called \"{details}\" was removed",
        AuditAction.RecoveryCodesMade => "New recovery codes were made",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    /// <summary>New recovery codes if there are none and should be; null otherwise.</summary>
    private async Task<IReadOnlyList<string>?> AdaptAsync(AppUser user)
    {
        var (hadAny, hasAny) = (user.TwoFactorEnabled, await HasAnyAsync(user));
        user.TwoFactorEnabled = hasAny;
        if (!hasAny)
            await codes.RemoveAsync(user.Id);
        else if (!hadAny || !await HasCodesAsync(user.Id))
            return await codes.ReplaceAsync(user.Id);
        return null;
    }

    // As it will be once the context is saved.
    private async Task<bool> HasAnyAsync(AppUser user) =>
        (await db.Authenticators.FindAsync(user.Id) is { } authenticator && db.Entry(authenticator).State != EntityState.Deleted)
        || await HasPasskeyAsync(user.Id);

    private async Task<bool> HasPasskeyAsync(Guid userId)
    {
        await db.UserPasskeys.Where(passkey => passkey.UserId == userId).LoadAsync();
        return db.UserPasskeys.Local.Any(passkey => passkey.UserId == userId);
    }

    private async Task<bool> HasCodesAsync(Guid userId) =>
        await codes.HasAnyAsync(userId) && !db.ChangeTracker.Entries<RecoveryCode>().Any(code => code.State == EntityState.Deleted);

    /// <summary>False when the account was changed at the same time; nothing is saved then.</summary>
    private async Task<bool> SaveAsync(AppUser user, bool endOthers)
    {
        user.KeepsSessions = !endOthers;
        try
        {
            return (await users.UpdateSecurityStampAsync(user)).Succeeded;
        }
        catch (DbUpdateException)
        {
            // Two set-ups at once: the second finds a row that was not there before.
            return false;
        }
    }
}

/// <summary>What a person has to prove identity with, besides the password.</summary>
/// <param name="Authenticator">Null without one.</param>
/// <param name="Passkeys">How many.</param>
/// <param name="RecoveryCodesLeft">Still good.</param>
/// <param name="IsRequired">Whether the person has to have a second factor: see <see cref="AccountOptions.IsTwoFactorRequired"/>.</param>
public sealed record FactorSummary(Authenticator? Authenticator, int Passkeys, int RecoveryCodesLeft, bool IsRequired)
{
    /// <summary>Without recovery codes: they are no factor to sign in with every day.</summary>
    public int Factors => Passkeys + (Authenticator is null ? 0 : 1);

    /// <summary>Whether the first factor ends the person's other sessions, whatever the person wants.</summary>
    public bool MustEndOthers => IsRequired && Factors == 0;

    public bool HasFewCodes => Factors > 0 && RecoveryCodesLeft <= RecoveryCodes.Few;

    /// <summary>Whether one of the factors may go: if another stays, or else if the person wants to do without and may.</summary>
    public bool MayLoseOne(bool turnOff) => Factors > 1 || (turnOff && !IsRequired);
}

public sealed record FactorsChange(FactorsChangeOutcome Outcome)
{
    public static readonly FactorsChange Overtaken = new(FactorsChangeOutcome.Overtaken);

    /// <summary>How many other sessions were ended; null when they were kept.</summary>
    public int? Ended { get; init; }

    /// <summary>Recovery codes that came with it, to be shown by the very answer to the request; null without new ones.</summary>
    public RecoverySheet? NewCodes { get; init; }
}

public enum FactorsChangeOutcome
{
    Done,

    /// <summary>The factor is changed; the store did not confirm that the other sessions ended.</summary>
    DoneButNotConfirmed,

    /// <summary>It was done already, or the account changed at the same time. Nothing was changed.</summary>
    Overtaken,
}
