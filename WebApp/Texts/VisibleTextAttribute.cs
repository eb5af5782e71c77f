using System.ComponentModel.DataAnnotations;

namespace WebApp.Texts;

/// <summary>
/// Text that others read, see <see cref="ShownText.IsGood"/>; <see cref="ShownText.Of"/> of it is what is kept, and not
/// longer than said. Null and empty pass.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class VisibleTextAttribute(int maxLength) : StringLengthAttribute(maxLength)
{
    /// <summary>
    /// What is said of characters that can't be used; <see cref="ValidationAttribute.ErrorMessage"/> is about the
    /// length.
    /// </summary>
    public required string Unusable { get; init; }

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) => value switch
    {
        string { Length: > 0 } text when !ShownText.IsGood(text) => new(Unusable, [validationContext.MemberName ?? ""]),
        string text => base.IsValid(ShownText.Of(text), validationContext),
        _ => ValidationResult.Success,
    };
}
