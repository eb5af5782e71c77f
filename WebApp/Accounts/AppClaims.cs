using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts;

/// <summary>What a session's principal says of its person.</summary>
public static class AppClaims
{
    /// <summary>The claim with <see cref="AppUser.Name"/>.</summary>
    public const string DisplayName = "name";

    /// <summary>A claim that is there while the person has to set up a second factor before anything else: <see cref="AccountOptions.IsTwoFactorRequired"/>.</summary>
    public const string LacksSecondFactor = "lacks_second_factor";

    /// <summary>The signed-in user's id.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in: the page lacks its authorization.</exception>
    public static Guid GetUserId(this ClaimsPrincipal principal) =>
        Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new InvalidOperationException("Nobody is signed in.");

    /// <summary>The person's name, or the e-mail address of one who gave none; null when nobody is signed in.</summary>
    public static string? GetDisplayName(this ClaimsPrincipal principal) =>
        principal.FindFirstValue(DisplayName) is { Length: > 0 } name ? name : principal.Identity?.Name;

    /// <summary>Whether the person has to set up a second factor before anything else.</summary>
    public static bool MustSetUpSecondFactor(this ClaimsPrincipal principal) => principal.HasClaim(claim => claim.Type == LacksSecondFactor);

    public static bool IsStaff(this ClaimsPrincipal principal) => principal.IsInRole(Roles.Support) || principal.IsInRole(Roles.Admin);
}

internal sealed class AppClaimsPrincipalFactory(
    UserManager<AppUser> users, RoleManager<IdentityRole<Guid>> roles, IOptions<IdentityOptions> options, IOptions<AccountOptions> accounts)
    : UserClaimsPrincipalFactory<AppUser, IdentityRole<Guid>>(users, roles, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(AppUser user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        if (identity.FindFirst(Options.ClaimsIdentity.SecurityStampClaimType) is { } stamp)
        {
            identity.RemoveClaim(stamp);
            identity.AddClaim(new(stamp.Type, user.SessionStamp));
        }

        identity.AddClaim(new(AppClaims.DisplayName, user.Name));
        if (!user.TwoFactorEnabled && accounts.Value.IsTwoFactorRequired(user, identity.FindAll(identity.RoleClaimType).Select(role => role.Value)))
            identity.AddClaim(new(AppClaims.LacksSecondFactor, ""));
        return identity;
    }
}
