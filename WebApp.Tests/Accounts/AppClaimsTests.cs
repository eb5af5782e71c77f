using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

[Trait("Lane", "Fast")]
public sealed class AppClaimsTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Fact]
    public async Task A_principal_says_who_it_is_and_holds_no_security_stamp()
    {
        var user = await app.NewAccountAsync(Roles.Support);

        var principal = await PrincipalOfAsync(user.Email!);

        Assert.Equal((user.Id, "Someone", user.Email), (principal.GetUserId(), principal.GetDisplayName(), principal.Identity!.Name));
        Assert.True(principal.IsStaff());
        Assert.False(principal.IsInRole(Roles.Admin));
        var stored = await FindAsync(user.Email!);
        var stamp = stored.SecurityStamp!;
        Assert.Equal(stored.SessionStamp, principal.FindFirstValue(new ClaimsIdentityOptions().SecurityStampClaimType));
        Assert.DoesNotContain(principal.Claims, claim => claim.Value.Contains(stamp, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_principal_fits_its_account_until_the_stamp_changes()
    {
        var user = await app.NewAccountAsync();
        var principal = await PrincipalOfAsync(user.Email!);
        Assert.NotNull(await ValidateAsync(principal));

        await app.InRequestAsync<UserManager<AppUser>>(async users => await users.UpdateSecurityStampAsync((await users.FindByIdAsync(user.Id.ToString()))!));

        Assert.Null(await ValidateAsync(principal));
    }

    // Whoever has read the database and can make tickets' claims must not get by with the stamp itself.
    [Fact]
    public async Task The_security_stamp_is_not_accepted_for_the_sessions()
    {
        var user = await FindAsync((await app.NewAccountAsync()).Email!);

        Assert.False(await app.InRequestAsync<AppSignInManager, bool>(signIn => signIn.ValidateSecurityStampAsync(user, user.SecurityStamp)));
        Assert.False(await app.InRequestAsync<AppSignInManager, bool>(signIn => signIn.ValidateSecurityStampAsync(user, null)));
        Assert.False(await app.InRequestAsync<AppSignInManager, bool>(signIn => signIn.ValidateSecurityStampAsync(null, user.SecurityStamp)));
    }

    [Fact]
    public void Nobody_has_no_id_and_no_name()
    {
        var nobody = new ClaimsPrincipal(new ClaimsIdentity());

        Assert.Throws<InvalidOperationException>(() => nobody.GetUserId());
        Assert.Null(nobody.GetDisplayName());
        Assert.False(nobody.IsStaff());
    }

    [Fact]
    public void A_person_without_a_name_is_called_by_the_address()
    {
        var nameless = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "zoe@example.com"), new(AppClaims.DisplayName, "")], "test"));

        Assert.Equal("zoe@example.com", nameless.GetDisplayName());
    }

    private async Task<ClaimsPrincipal> PrincipalOfAsync(string email)
    {
        var user = await FindAsync(email);
        return await app.InRequestAsync<IUserClaimsPrincipalFactory<AppUser>, ClaimsPrincipal>(factory => factory.CreateAsync(user));
    }

    private async Task<AppUser> FindAsync(string email) =>
        (await app.InRequestAsync<UserManager<AppUser>, AppUser?>(users => users.FindByEmailAsync(email)))!;

    private Task<AppUser?> ValidateAsync(ClaimsPrincipal principal) =>
        app.InRequestAsync<AppSignInManager, AppUser?>(signIn => signIn.ValidateSecurityStampAsync(principal));
}
