using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using WebApp.Accounts.Passwords;

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
