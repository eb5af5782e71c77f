using System.ComponentModel.DataAnnotations;

namespace WebApp.Accounts;

/// <summary>
/// An e-mail address as people type it; <see cref="EmailAddress.Of"/> it is what it means. Null and empty pass.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class AddressTextAttribute() : StringLengthAttribute(AppUser.MaxEmailLength)
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is not string { Length: > 0 } typed ? ValidationResult.Success
        : EmailAddress.Of(typed) is { Length: > AppUser.MaxEmailLength }
            ? Refused("That is longer than an e-mail address can be.", validationContext)
        : !EmailAddress.IsAddress(EmailAddress.Of(typed)) ? Refused("That is not an e-mail address.", validationContext)
        : ValidationResult.Success;

    private static ValidationResult Refused(string message, ValidationContext context) =>
        new(message, [context.MemberName ?? ""]);
}
