using System.Globalization;
using System.Text;

namespace WebApp.Texts;

/// <summary>
/// Text that people typed and others read. What nobody sees is no part of it, and nothing in it turns what stands
/// around it.
/// </summary>
public static class ShownText
{
    /// <summary>Letters and symbols by their category, but blank, or drawn as nothing.</summary>
    private const char BlankBraille = '\u2800';

    /// <summary>
    /// The text without characters that nobody sees (Unicode's Default_Ignorable, with all marks of direction), in
    /// <see cref="CanonicalForm"/> and without blanks around it.
    /// </summary>
    public static string Of(string? typed)
    {
        var text = typed ?? "";
        if (!Ascii.IsValid(text))
            text = CanonicalForm.Of(
                string.Concat(text.EnumerateRunes().Where(rune => !IsIgnorable(rune)).Select(rune => rune.ToString())));
        return text.Trim();
    }

    /// <summary>
    /// Whether a text can be taken: something in it is seen, all of it could be decoded, it has no control characters,
    /// and nothing that has other characters read backwards (U+202D, U+202E).
    /// </summary>
    /// <param name="typed">As it came.</param>
    /// <param name="lines">Whether it may have several lines.</param>
    public static bool IsGood(string typed, bool lines = false)
    {
        var seen = false;
        foreach (var rune in typed.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || rune.Value is 0x202D or 0x202E)
                return false;

            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control when !lines || rune.Value is not ('\n' or '\r' or '\t'):
                case UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator when !lines:
                    return false;
                case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.EnclosingMark
                    or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse:
                    break;
                default:
                    seen |= !IsIgnorable(rune) && rune.Value != BlankBraille;
                    break;
            }
        }

        return seen;
    }

    /// <summary>Unicode's property Default_Ignorable_Code_Point: drawn as nothing, wherever it stands.</summary>
    public static bool IsIgnorable(Rune rune) => rune.Value is
        0xAD or 0x34F or 0x61C or (>= 0x115F and <= 0x1160) or (>= 0x17B4 and <= 0x17B5) or (>= 0x180B and <= 0x180F)
        or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0x3164
        or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF or 0xFFA0 or (>= 0xFFF0 and <= 0xFFF8)
        or (>= 0x1BCA0 and <= 0x1BCA3) or (>= 0x1D173 and <= 0x1D17A) or (>= 0xE0000 and <= 0xE0FFF);
}
