using System.Text.RegularExpressions;

namespace WebApp.Admin;

/// <summary>The configuration section <c>Admin</c>, checked when the app starts.</summary>
public sealed class AdminOptions
{
    public const string Section = "Admin";

    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The regular expression that a whole case reference must match; null for any text. Set it to the form of your case numbers, such as
    /// <c>INC-\d{6}</c>, so that a slip of the finger is noticed before it stands in the log.
    /// </summary>
    public string? CaseReferencePattern { get; set; }

    /// <summary>
    /// How many people's sessions one member of staff may end in bulk within a day, by one request or several, without another Admin's approval. Lower
    /// it where few should be enough to ask for a second pair of eyes; 0: always.
    /// </summary>
    public int ApprovalThreshold { get; set; } = 1000;

    /// <summary>
    /// How long a bulk request waits before the first session ends, so that it can still be stopped. Lengthen it where somebody else should have the
    /// time to look.
    /// </summary>
    public TimeSpan BulkHold { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many people a second a bulk request signs out at most. Lower it if sign-ins suffer while it runs; raise it where a large incident has to be
    /// over sooner.
    /// </summary>
    public int BulkPace { get; set; } = 50;

    /// <summary>Whether it is a case reference as the operator wants them.</summary>
    public bool IsCaseReference(string text)
    {
        try
        {
            return CaseReferencePattern is not { } pattern || Regex.IsMatch(text, WholeOf(pattern), RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (RegexMatchTimeoutException)
        {
            // A pattern that takes forever on what somebody typed.
            return false;
        }
    }

    internal bool IsValidPattern()
    {
        try
        {
            _ = CaseReferencePattern is { } pattern ? new Regex(WholeOf(pattern), RegexOptions.CultureInvariant, PatternTimeout) : null;
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string WholeOf(string pattern) => $@"\A(?:{pattern})\z";
}
