using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Changes what a person wants to be called. Every session of theirs shows it from its next page on (see <see cref="RightsTracking"/>).</summary>
public sealed class NameChange(AppUserManager users, AuditLog audit)
{
    /// <param name="context">The request of whose person it is.</param>
    /// <param name="name">As typed; something of it can be seen, and it has at most <see cref="AppUser.MaxNameLength"/>
    /// characters.</param>
    public async Task<NameChangeOutcome> ChangeAsync(HttpContext context, string name)
    {
        if (await users.GetUserAsync(context.User) is not { } user)
            return NameChangeOutcome.NotSaved;
        var before = user.Name;
        user.Name = name;
        if (user.Name == before)
            return NameChangeOutcome.Same;

        if (!(await users.UpdateAsync(user)).Succeeded)
            return NameChangeOutcome.NotSaved;

        // That it changed and not from what to what: the log must not keep names that their person has given up.
        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.NameChanged) with { SessionId = RequestSession.Of(context).Current?.Id.ToString() });
        return NameChangeOutcome.Changed;
    }
}

public enum NameChangeOutcome
{
    Changed,
    Same,

    /// <summary>The account was changed, or deleted, by another request just now.</summary>
    NotSaved,
}
