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
}
