using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;

namespace WebApp.Accounts;

/// <summary>Text that people typed: no control characters and none that stand for bytes that could not be decoded. Null and empty pass.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class PlainTextAttribute() : ValidationAttribute("The {0} has characters that can't be used here.")
{
    public override bool IsValid(object? value) => value is not string text || text.EnumerateRunes().All(rune =>
        rune.Value is '\n' or '\r' or '\t' || (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not UnicodeCategory.Control));
}

/// <summary>
/// A password that may be handed to the hash: at most <see cref="PasswordRules.MaxLength"/> characters, no NUL, and nothing that form decoding
/// could not read (two different byte strings would become the same password; ASVS 6.2.8). Null and empty pass.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class PasswordTextAttribute() : ValidationAttribute("The password is longer than 128 characters or has characters that can't be used.")
{
    public override bool IsValid(object? value) => value is not string text || PasswordRules.CanBeHashed(text);
}

/// <summary>Length only, as NIST SP 800-63B-4 asks of a password that is the only factor: no rules of composition.</summary>
public sealed class PasswordRules : IPasswordValidator<AppUser>
{
    /// <summary>In characters (code points), not UTF-16 units.</summary>
    public const int MinLength = 15;

    /// <summary>In characters (code points), not UTF-16 units.</summary>
    public const int MaxLength = 128;

    public Task<IdentityResult> ValidateAsync(UserManager<AppUser> manager, AppUser user, string? password) => Task.FromResult(
        password is null || password.EnumerateRunes().Count() < MinLength
            ? Failed("PasswordTooShort", $"Use at least {MinLength} characters. A few unrelated words are easy to remember and hard to guess.")
            : !CanBeHashed(password)
                ? Failed("PasswordUnusable", $"The password is longer than {MaxLength} characters or has characters that can't be used.")
                : IdentityResult.Success);

    /// <summary>Whether the text can be verified exactly as it was typed, at a bounded cost.</summary>
    public static bool CanBeHashed(string password) =>
        password.Length <= 2 * MaxLength
        && password.EnumerateRunes().Count() <= MaxLength
        && password.EnumerateRunes().All(rune => rune != Rune.ReplacementChar && rune.Value != 0);

    private static IdentityResult Failed(string code, string description) => IdentityResult.Failed(new IdentityError { Code = code, Description = description });
}
