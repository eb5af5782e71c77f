using System.ComponentModel.DataAnnotations.Schema;
using Microsoft.AspNetCore.Identity;
using WebApp.Texts;

namespace WebApp.Accounts;

/// <summary>A person with an account. The e-mail address is also the user name.</summary>
public sealed class AppUser : IdentityUser<Guid>
{
    public const int MaxNameLength = 80;
    public const int MaxEmailLength = 254;

    public AppUser() => Id = Guid.CreateVersion7();

    /// <summary>What the person wants to be called; shown to them and to staff.</summary>
    public string Name
    {
        get;
        set => (field, NormalizedName) = (ShownText.Of(value), NormalizeName(value));
    } = "";

    /// <summary>
    /// <see cref="Name"/> as staff search for it. It follows the name by itself, unless that is written past the change tracker; null in a row of an
    /// earlier version that <see cref="NormalForms"/> has not filled.
    /// </summary>
    public string? NormalizedName { get; private set; } = "";

    /// <summary>UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Rises with every change of what a session's principal is made of; see <see cref="RightsOutbox"/>.</summary>
    public int RightsVersion { get; set; }

    /// <summary>
    /// A random mark that sessions carry: one that began under another mark ends. It changes with the security stamp, but is good for nothing else:
    /// the stamp goes into password reset tokens, and whoever reads a session must not learn it.
    /// </summary>
    public string SessionStamp { get; set; } = NewSessionStamp();

    /// <summary>Set before a change of the security stamp that sessions are to outlive, because the person said so.</summary>
    [NotMapped]
    public bool KeepsSessions { get; set; }

    /// <summary>Until when the person may neither sign in nor go on; UTC, null when not banned.</summary>
    public DateTimeOffset? BannedUntil { get; set; }

    /// <summary>When the person first signed in; UTC, null: never. From then on a browser that is not known is a new one.</summary>
    public DateTimeOffset? FirstSignInAt { get; set; }

    /// <summary>Nobody signs in before the password is reset by mail: the person said by a mailed link that somebody else was at the account, or support asked for it.</summary>
    public bool SignInBlocked { get; set; }

    /// <summary>When the person was last mailed about wrong proofs; UTC, null: never.</summary>
    public DateTimeOffset? FailuresToldAt { get; set; }

    /// <summary>When the person was last mailed a link that somebody registered, asked or tried to sign in for; UTC, null: never.</summary>
    public DateTimeOffset? LinkMailedAt { get; set; }

    /// <summary>Staff asked for it: the person has to have a second factor, whatever their roles ask for.</summary>
    public bool SecondFactorRequired { get; set; }

    /// <summary>As names are compared: what is seen of them, without regard to case.</summary>
    public static string NormalizeName(string name) => ShownText.Of(name).ToUpperInvariant();

    internal static string NewSessionStamp() => Guid.NewGuid().ToString("N");
}

public static class Roles
{
    /// <summary>May look up people, and help them or stop them, but not an Admin.</summary>
    public const string Support = nameof(Support);

    /// <summary>May do all that Support may, to anyone, and give roles and delete accounts.</summary>
    public const string Admin = nameof(Admin);

    public static readonly IReadOnlyList<string> All = [Support, Admin];
}
