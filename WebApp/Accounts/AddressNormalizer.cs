using Microsoft.AspNetCore.Identity;

namespace WebApp.Accounts;

/// <summary>
/// Has Identity compare by <see cref="EmailAddress.KeyOf"/>. The address is also the user name; names of roles, the
/// other ones that Identity compares, are letters only.
/// </summary>
internal sealed class AddressNormalizer : ILookupNormalizer
{
    public string? NormalizeName(string? name) => NormalizeEmail(name);

    public string? NormalizeEmail(string? email) => email is null ? null : EmailAddress.KeyOf(email);
}
