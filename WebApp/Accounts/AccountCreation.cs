using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Passwords;
using WebApp.Audit;

namespace WebApp.Accounts;

/// <summary>Makes accounts, and writes it into the audit log.</summary>
public sealed class AccountCreation(UserManager<AppUser> users, RoleManager<IdentityRole<Guid>> roles,
    AddressRules rules, AuditLog audit, TimeProvider clock)
{
    private static readonly IdentityError NotConfirmed = new()
    {
        Code = nameof(NotConfirmed),
        Description = "Somebody has registered with this address, and nobody has confirmed it. Whoever reads its mail can choose a password by \"Forgot your password?\", which confirms it; then try again.",
    };

    /// <summary>Registers a person, whose address counts as confirmed: nobody asks for that here. The result holds Identity's errors when the address is taken or the password is not good enough.</summary>
    /// <param name="email">The address as typed; it is also the name to sign in with.</param>
    /// <param name="name">What the person wants to be called.</param>
    /// <param name="password">As typed; see <see cref="PasswordRules"/>.</param>
    /// <param name="address">The peer's address, for the audit log; null from the command line.</param>
    /// <exception cref="PasswordsBusyException">Too many wait to have a password hashed.</exception>
    public async Task<(IdentityResult Result, AppUser User)> RegisterAsync(string email, string name, string password, string? address)
    {
        email = EmailAddress.Of(email);
        var user = new AppUser { UserName = email, Email = email, Name = name, EmailConfirmed = true, CreatedAt = clock.GetUtcNow() };
        var result = rules.Takes(email) ? await CreateAsync(user, password)
            : IdentityResult.Failed(users.ErrorDescriber.InvalidEmail(email));
        if (result.Succeeded)
            await audit.AppendAsync(new() { Action = AuditAction.Registered, ActorId = user.Id, SubjectId = user.Id, Address = address });
        return (result, user);
    }

    public async Task<bool> ExistsAsync(string email) => await users.FindByEmailAsync(email) is not null;

    /// <summary>
    /// Makes sure that the account exists and has the role (null: none). An existing account keeps its password. Refused while its address is not
    /// confirmed: anybody may have registered with it, and would get the role together with the one whose address it is.
    /// </summary>
    public async Task<IdentityResult> EnsureAsync(string email, string name, string password, string? role)
    {
        var user = await users.FindByEmailAsync(email);
        if (user is null)
        {
            (var created, user) = await RegisterAsync(email, name, password, address: null);
            if (!created.Succeeded)
                return created;
        }

        if (!user.EmailConfirmed)
            return IdentityResult.Failed(NotConfirmed);

        if (role is null || await users.IsInRoleAsync(user, role))
            return IdentityResult.Success;

        if (!await roles.RoleExistsAsync(role))
            await roles.CreateAsync(new(role) { Id = Guid.CreateVersion7() });
        await audit.AppendAsync(new() { Action = AuditAction.RoleGranted, SubjectId = user.Id, Reason = role });
        var granted = await users.AddToRoleAsync(user, role);
        if (!granted.Succeeded)
            await audit.AppendAsync(new() { Action = AuditAction.StaffActFailed, SubjectId = user.Id, Reason = role });
        return granted;
    }

    /// <summary>Two registrations of one address at once both find it free; the database lets one through.</summary>
    private async Task<IdentityResult> CreateAsync(AppUser user, string password)
    {
        try
        {
            return await users.CreateAsync(user, password);
        }
        catch (DbUpdateException)
        {
            if (!await ExistsAsync(user.Email!))
                throw;

            return IdentityResult.Failed(users.ErrorDescriber.DuplicateEmail(user.Email!));
        }
    }
}
