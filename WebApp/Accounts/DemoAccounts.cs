namespace WebApp.Accounts;

/// <summary>The configuration section <c>Demo</c>: accounts that exist in Development only, so that a newcomer can sign in at once.</summary>
internal sealed class DemoAccounts
{
    public string Password { get; set; } = "";

    public IReadOnlyList<DemoAccount> Accounts { get; set; } = [];

    /// <summary>Creates those that are missing, and leaves the others as they are.</summary>
    public async Task SeedAsync(AccountCreation creation)
    {
        foreach (var account in Accounts)
            await creation.EnsureAsync(account.Email, account.Name, Password, account.Role);
    }
}

internal sealed record DemoAccount(string Email, string Name, string? Role = null);
