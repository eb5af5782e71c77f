namespace WebApp.Accounts;

/// <summary>The configuration section <c>Accounts</c>.</summary>
public sealed class AccountOptions
{
    public const string Section = "Accounts";

    /// <summary>
    /// Whether a new account is good for nothing before its address was confirmed by mail. Unless set: outside Development. Turn it off only where
    /// no mail can be sent: the registration then tells whose address has an account, and anybody may register with anybody's.
    /// </summary>
    public bool? RequireConfirmedEmail { get; set; }

    /// <summary>
    /// By role: whether its members have to set up a second factor before anything else. A role that is not named has to, but in Development.
    /// Turn it off only for a role whose members prove who they are in another way.
    /// </summary>
    public IDictionary<string, bool> RequireTwoFactor { get; } = new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the person has to have a second factor: because staff asked for it, or for the sake of one of these roles.</summary>
    public bool IsTwoFactorRequired(AppUser user, IEnumerable<string> roles) => user.SecondFactorRequired || roles.Any(role => RequireTwoFactor.TryGetValue(role, out var required) && required);
}
