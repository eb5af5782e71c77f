using System.Globalization;
using System.Text;

namespace WebApp.Texts;

/// <summary>Codes and numbers as people type and paste them.</summary>
public static class TypedCode
{
    /// <summary>
    /// Digits of any script as those of ASCII and wide letters as narrow ones, without the blanks and dashes between
    /// them and without what nobody sees.
    /// </summary>
    public static string Of(string typed)
    {
        var code = new StringBuilder(typed.Length);
        foreach (var rune in typed.EnumerateRunes())
        {
            // A code of one digit or letter after another has no sign: a minus is a dash, too, and so is what a
            // Japanese keyboard types for one.
            if (Rune.IsWhiteSpace(rune) || ShownText.IsIgnorable(rune) || rune.Value is 0x2212 or 0x30FC or 0xFF70
                || Rune.GetUnicodeCategory(rune) == UnicodeCategory.DashPunctuation)
                continue;

            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)
                code.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
            else
                code.Append(WideText.Narrow(rune.ToString()));
        }

        return code.ToString();
    }
}
