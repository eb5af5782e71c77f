using System.Security.Claims;

namespace WebApp.Sessions;

/// <summary>
/// A principal that many requests have at once. Whatever would change it throws <see cref="InvalidOperationException"/>;
/// <see cref="Clone"/> gives one that may be changed. (What the framework lets nobody guard are an identity's label, actor and bootstrap context:
/// leave them alone.)
/// </summary>
internal sealed class SharedPrincipal : ClaimsPrincipal
{
    public SharedPrincipal(ClaimsPrincipal principal)
    {
        foreach (var identity in principal.Identities)
            base.AddIdentity(new SharedIdentity(identity));
    }

    public override void AddIdentity(ClaimsIdentity identity) => throw SharedIdentity.IsShared();

    public override void AddIdentities(IEnumerable<ClaimsIdentity> identities) => throw SharedIdentity.IsShared();

    public override ClaimsPrincipal Clone() => new(Identities.Select(identity => identity.Clone()));
}

/// <summary>See <see cref="SharedPrincipal"/>.</summary>
internal sealed class SharedIdentity(ClaimsIdentity identity) : ClaimsIdentity(identity)
{
    public override void AddClaim(Claim claim) => throw IsShared();

    public override void AddClaims(IEnumerable<Claim?> claims) => throw IsShared();

    public override void RemoveClaim(Claim? claim) => throw IsShared();

    public override bool TryRemoveClaim(Claim? claim) => throw IsShared();

    public override ClaimsIdentity Clone() => new(this);

    internal static InvalidOperationException IsShared() =>
        new("The principal of a session is shared by its requests and can't be changed. Change a copy: ClaimsPrincipal.Clone().");
}
