using Microsoft.AspNetCore.Identity;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Accounts.Passwords;
using WebApp.Audit;

namespace WebApp.Accounts;

/// <summary>
/// Registration where the address has to be confirmed. Whoever registers learns nothing of whether there is an account: what was typed is judged and
/// hashed, and whatever depends on the address happens behind the request, and goes to its mailbox.
/// </summary>
public sealed class Registration(
    AppUserManager users, AddressRules rules, AccountSnapshots snapshots, ConfirmationLinks confirmation,
    MailedLinks mailed, MailQueue mail, MailLinks links, Errands errands, AuditLog audit, TimeProvider clock)
{
    /// <summary>Succeeds for any address that mail can go to, when the password is good enough.</summary>
    /// <param name="context">The request.</param>
    /// <param name="email">The address as typed; it is also the name to sign in with.</param>
    /// <param name="name">What the person wants to be called.</param>
    /// <param name="password">As typed; see <see cref="PasswordRules"/>.</param>
    /// <exception cref="PasswordsBusyException">Too many wait to have a password hashed.</exception>
    public async Task<IdentityResult> RequestAsync(HttpContext context, string email, string name, string password)
    {
        email = EmailAddress.Of(email);
        if (!rules.Takes(email))
            return IdentityResult.Failed(users.ErrorDescriber.InvalidEmail(email));

        var (judged, hash) = await users.HashNewPasswordAsync(new() { UserName = email, Email = email, Name = name }, password);
        if (!judged.Succeeded)
            return judged;

        var request = new Request(email, name, hash, context.Connection.RemoteIpAddress?.ToString(), links.SiteOf(context));
        errands.Add(services => services.GetRequiredService<Registration>().TakeAsync(request));
        return IdentityResult.Success;
    }

    private async Task TakeAsync(Request request)
    {
        var found = await users.FindByEmailAsync(request.Email);
        if (found is { EmailConfirmed: true })
            await TellOwnerAsync(found, request.Site);
        else if (found is null && await snapshots.IsReservedAsync(users.NormalizeEmail(request.Email), Guid.Empty))
            mail.TryEnqueue(AccountMails.AddressIsTaken(
                request.Email, request.Site, MailLinks.To(request.Site, "/account/login"), MailLinks.To(request.Site, PasswordReset.RequestPath)));
        // Otherwise the registration before counts, and its link.
        else if (found is null || mailed.IsDue(found))
            await SendLinkAsync(found is null ? await CreateAsync(request) : await ReplaceAsync(found, request), request.Site);
    }

    private async Task TellOwnerAsync(AppUser owner, Uri site)
    {
        if (await mailed.TryTakeForNoticeAsync(owner.Id))
            mail.TryEnqueue(AccountMails.AddressIsTaken(owner.Email!, site, MailLinks.To(site, "/account/login"), MailLinks.To(site, PasswordReset.RequestPath)));
    }

    private async Task SendLinkAsync(AppUser user, Uri site)
    {
        if (await mailed.TryTakeAsync(user.Id, MailedLinks.Asked))
            confirmation.Send(user, site);
    }

    private async Task<AppUser> CreateAsync(Request request)
    {
        var user = new AppUser { UserName = request.Email, Email = request.Email, Name = request.Name, PasswordHash = request.PasswordHash, CreatedAt = clock.GetUtcNow() };
        ThrowUnlessDone(await users.CreateAsync(user));
        await audit.AppendAsync(new() { Action = AuditAction.Registered, ActorId = user.Id, SubjectId = user.Id, Address = request.Address });
        return user;
    }

    /// <summary>Nobody has shown yet that the address is theirs, so the latest to register with it counts. The new stamp retires the link of the one before.</summary>
    private async Task<AppUser> ReplaceAsync(AppUser pending, Request request)
    {
        (pending.Name, pending.PasswordHash) = (request.Name, request.PasswordHash);
        ThrowUnlessDone(await users.UpdateSecurityStampAsync(pending));
        return pending;
    }

    // Another instance was faster, for instance: the next try finds what it left.
    private static void ThrowUnlessDone(IdentityResult result)
    {
        if (!result.Succeeded)
            throw new InvalidOperationException($"The registration was refused: {string.Join(", ", result.Errors.Select(e => e.Code))}");
    }

    private sealed record Request(string Email, string Name, string PasswordHash, string? Address, Uri Site);
}
