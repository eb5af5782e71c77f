using System.Globalization;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>
/// What staff do to accounts. What takes access away changes the account first and ends the sessions as the next thing: a sign-in under way has either
/// read the account as it was, and is refused by the new generation, or reads it as it is.
/// </summary>
public sealed class AccountActs(
    StaffActs acts, AccountStanding standing, AccountDeletion deletion, SecondFactors factors, SessionManager sessions, AppUserManager users,
    AccountNotices notices, PasswordResetMail resets, ConfirmationLinks confirmations, MailedLinks mailed, MailLinks links, IHttpContextAccessor contexts)
{
    /// <summary>Nobody signs in to the account until then, and all of its sessions end.</summary>
    /// <param name="staff">Who acts.</param>
    /// <param name="userId">On whom.</param>
    /// <param name="until">UTC; <see cref="DateTimeOffset.MaxValue"/>: for good.</param>
    /// <param name="reason">Why.</param>
    public Task<StaffActResult> BanAsync(StaffMember staff, Guid userId, DateTimeOffset until, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.Ban, staff, userId, reason) { Details = Until(until) }, async person =>
        {
            if (await standing.BanAsync(userId, until) is var change and not StandingChange.Done)
                return Not(change);

            notices.DoneBySupport(person.Email, "Your account was closed", $"Support closed your account {Until(until)}. It was closed", reason.Told,
                "You are signed out everywhere, and can't sign in while it is closed. If you think that is a mistake, ask support, and name the case.");
            return await EndAllAsync(staff, userId, reason);
        });

    /// <summary>Ends a ban.</summary>
    public Task<StaffActResult> UnbanAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.Unban, staff, userId, reason), async person =>
        {
            if (await standing.UnbanAsync(userId) is var change and not StandingChange.Done)
                return Not(change);

            notices.DoneBySupport(person.Email, "Your account is open again", "Support opened your account again", reason.Told, "You can sign in as before.");
            return new();
        });

    /// <summary>All sessions end, and nobody signs in before the person has set a new password by a mailed link.</summary>
    public Task<StaffActResult> RequireResetAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.RequirePasswordReset, staff, userId, reason), async _ =>
        {
            if (Site is not { } site)
                return ActEnd.Not(ActFailure.NoSite);
            if (await standing.BlockUntilResetAsync(userId) is var change and not StandingChange.Done)
                return Not(change);
            try
            {
                return await EndAllAsync(staff, userId, reason);
            }
            finally
            {
                // Whether or not the store answers: it is the person's way back in.
                if (await users.FindByIdAsync(userId.ToString()) is { } user)
                    resets.SendBySupport(site, user, reason.Told, required: true);
            }
        });

    /// <summary>Mails the person a link to set a new password. Nothing changes before they use it, and nobody else sees it.</summary>
    public Task<StaffActResult> SendResetAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        MailLinkAsync(new(AuditAction.SendPasswordReset, staff, userId, reason), _ => true, (site, user) => resets.SendBySupport(site, user, reason.Told, required: false));

    /// <summary>Mails the link that confirms the address once more; <see cref="ActFailure.Nothing"/> when it is confirmed.</summary>
    public Task<StaffActResult> ResendConfirmationAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        MailLinkAsync(new(AuditAction.ResendConfirmation, staff, userId, reason), user => !user.EmailConfirmed, (site, user) => confirmations.Send(user, site));

    /// <summary>The person gets no further than to where a second factor is set up, unless there is one.</summary>
    public Task<StaffActResult> RequireSecondFactorAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.RequireSecondFactor, staff, userId, reason), async person =>
        {
            if (await standing.RequireSecondFactorAsync(userId) is var change and not StandingChange.Done)
                return Not(change);

            notices.DoneBySupport(person.Email, "Your account needs a second factor", "Support asked for a second factor for your account", reason.Told,
                person.HasSecondFactor ? "You have one, so there is nothing to do. It can't be turned off." : "You are led to where one is set up when you next open a page.");
            return new();
        });

    /// <summary>The person may do without a second factor again, as far as their roles allow.</summary>
    public Task<StaffActResult> ExcuseSecondFactorAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ExcuseSecondFactor, staff, userId, reason), async person =>
        {
            if (await standing.ExcuseSecondFactorAsync(userId) is var change and not StandingChange.Done)
                return Not(change);

            notices.DoneBySupport(person.Email, "Your account may do without a second factor", "Support no longer asks for a second factor for your account", reason.Told);
            return new();
        });

    /// <summary>Takes away every second factor of a person who has lost them, and ends all sessions.</summary>
    public Task<StaffActResult> RemoveFactorsAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.RemoveFactors, staff, userId, reason), async _ =>
            Site is not { } site ? ActEnd.Not(ActFailure.NoSite)
            : await factors.RemoveAllAsync(site, userId, reason.Told) ? await EndAllAsync(staff, userId, reason)
            : ActEnd.Not(ActFailure.Nothing));

    /// <summary>The person has these roles, and no others.</summary>
    public Task<StaffActResult> ChangeRolesAsync(StaffMember staff, Guid userId, IReadOnlyCollection<string> roles, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ChangeRoles, staff, userId, reason) { Details = Named(roles) }, async person =>
        {
            if (await standing.SetRolesAsync(userId, roles) is var change and not StandingChange.Done)
                return Not(change);

            notices.DoneBySupport(person.Email, "Your roles were changed", $"Your roles were changed from {Named(person.Roles)} to {Named(roles)}", reason.Told);
            return new();
        });

    /// <summary>Deletes the account with all that hangs on it, and ends its sessions.</summary>
    public Task<StaffActResult> DeleteAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.DeleteAccount, staff, userId, reason), async person =>
        {
            switch (await deletion.DeleteForStaffAsync(userId))
            {
                case AccountDeletionOutcome.Deleted:
                    notices.DoneBySupport(person.Email, "Your account was deleted", "Your account was deleted by support", reason.Told, "It can't be brought back.");
                    return new();
                case AccountDeletionOutcome.LastAdmin:
                    return ActEnd.Not(ActFailure.LastAdmin);
                case AccountDeletionOutcome.StoreDown:
                    return ActEnd.Not(ActFailure.StoreDown);
                default:
                    return ActEnd.Not(ActFailure.Broken);
            }
        });

    private Uri? Site => links.FindSite(contexts.HttpContext);

    /// <summary>As mails do on request: one a minute, so that a mailbox is not filled from here either.</summary>
    private Task<StaffActResult> MailLinkAsync(StaffAct asked, Func<AppUser, bool> isDue, Action<Uri, AppUser> send) => acts.RunAsync(asked, async _ =>
    {
        if (Site is not { } site)
            return ActEnd.Not(ActFailure.NoSite);
        if (await users.FindByIdAsync(asked.UserId.ToString()) is not { } user || !isDue(user))
            return ActEnd.Not(ActFailure.Nothing);
        if (!await mailed.TryTakeAsync(user.Id, MailedLinks.Asked))
            return ActEnd.Not(ActFailure.MailedJustNow);

        send(site, user);
        return new();
    });

    private async Task<ActEnd> EndAllAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        new(await sessions.RevokeAllAsync(userId, reason.Reason, reason.CaseReference, staff.UserId));

    private static ActEnd Not(StandingChange change) => ActEnd.Not(change switch
    {
        StandingChange.LastAdmin => ActFailure.LastAdmin,
        StandingChange.Nothing => ActFailure.Nothing,
        _ => ActFailure.Overtaken,
    });

    private static string Named(IReadOnlyCollection<string> roles) => roles.Count == 0 ? "none" : string.Join(", ", roles.Order(StringComparer.Ordinal));

    private static string Until(DateTimeOffset until) =>
        until == DateTimeOffset.MaxValue ? "for good" : "until " + until.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
