using Microsoft.AspNetCore.Identity;

namespace WebApp.Accounts;

/// <summary>A person with an account. The e-mail address is also the user name.</summary>
public sealed class AppUser : IdentityUser<Guid>
{
    public const int MaxNameLength = 80;
    public const int MaxEmailLength = 254;

    public AppUser() => Id = Guid.CreateVersion7();

    /// <summary>What the person wants to be called; shown to them and to staff.</summary>
    public string Name { get; set; } = "";

    /// <summary>UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

public static class Roles
{
    /// <summary>May look up people and end their sessions, but not an Admin's.</summary>
    public const string Support = nameof(Support);

    /// <summary>May do all that Support may, to anyone.</summary>
    public const string Admin = nameof(Admin);

    public static readonly IReadOnlyList<string> All = [Support, Admin];
}
