using Microsoft.AspNetCore.Identity;
using WebApp.Accounts.Notices;

namespace WebApp.Accounts;

/// <summary>
/// Nobody gets an account with an address that another person could come back to by "This wasn't me": whoever changed that person's address could register
/// with the old one, and the undo would have nowhere to go.
/// </summary>
internal sealed class ReservedAddresses(AccountSnapshots snapshots) : IUserValidator<AppUser>
{
    public async Task<IdentityResult> ValidateAsync(UserManager<AppUser> manager, AppUser user) =>
        await snapshots.IsReservedAsync(manager.NormalizeEmail(user.Email), user.Id)
            ? IdentityResult.Failed(manager.ErrorDescriber.DuplicateEmail(user.Email!))
            : IdentityResult.Success;
}
