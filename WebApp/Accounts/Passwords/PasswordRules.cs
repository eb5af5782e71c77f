using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Passwords;

/// <summary>
/// What a new password must be, as NIST SP 800-63B-4 asks: long enough, none of those that are tried first, not the person's own data, not known to
/// be stolen. No rules of composition, no expiry. Whatever sets a password comes by here, for Identity asks its validators; signing in does not.
/// </summary>
public sealed class PasswordRules(PasswordBlocklist blocklist, BreachCheck breaches, IOptions<PasswordSettings> settings) : IPasswordValidator<AppUser>
{
    /// <summary>In characters (code points), not UTF-16 units.</summary>
    public const int MaxLength = 128;

    internal const string Advice = "A few unrelated words are easy to remember and hard to guess.";

    public async Task<IdentityResult> ValidateAsync(UserManager<AppUser> manager, AppUser user, string? password)
    {
        var minLength = settings.Value.MinLengthFor(user);
        if (password is null || password.EnumerateRunes().Count() < minLength)
            return Refused("PasswordTooShort", $"Use at least {minLength} characters. {Advice}");
        if (!CanBeHashed(password))
            return Refused("PasswordUnusable", $"The password is longer than {MaxLength} characters or has characters that can't be used.");

        var typed = new TypedText(password);
        if (blocklist.Has(typed))
            return Refused("PasswordTooCommon", $"That password is among the first that are tried, by people and by programs. {Advice}");
        if (typed.IsPredictable())
            return Refused("PasswordTooSimple", $"That password is mostly a repetition or a row of characters, which is tried early. {Advice}");
        if (typed.IsPredictableFrom(ContextWords.Of(user, settings.Value.AppNames)))
            return Refused("PasswordAboutYou", $"That password is mostly your name, your e-mail address or the name of this site, which is tried early. {Advice}");
        if (await breaches.IsStolenAsync(password))
            return Refused("PasswordStolen", "That password is known from stolen collections, so it will be tried. Choose another one, and change it wherever else you use it.");

        return IdentityResult.Success;
    }

    /// <summary>Whether the text can be verified exactly as it was typed, at a bounded cost.</summary>
    public static bool CanBeHashed(string password) =>
        password.Length <= 2 * MaxLength
        && password.EnumerateRunes().Count() <= MaxLength
        && password.EnumerateRunes().All(rune => rune != Rune.ReplacementChar && rune.Value != 0);

    private static IdentityResult Refused(string code, string description) => IdentityResult.Failed(new IdentityError { Code = code, Description = description });
}
