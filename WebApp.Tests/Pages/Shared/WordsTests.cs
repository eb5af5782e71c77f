using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Tests.Pages.Shared;

[Trait("Lane", "Fast")]
public sealed class WordsTests
{
    [Fact]
    public void Every_end_of_a_session_has_words_of_its_own() => AssertOwnWords<SessionEndCause>(Words.Of, unknown: (SessionEndCause)999);

    [Fact]
    public void Every_reason_has_words_of_its_own() => AssertOwnWords<RevocationReason>(Words.Of, unknown: (RevocationReason)255);

    [Fact]
    public void Every_action_has_words_of_its_own() => AssertOwnWords<AuditAction>(Words.Of, unknown: (AuditAction)999);

    [Fact]
    public void Every_refusal_and_every_failure_of_staff_has_words_of_its_own()
    {
        string[] words = [.. Enum.GetValues<StaffRefusal>().Select(Words.Of), .. Enum.GetValues<ActFailure>().Select(Words.Of)];

        Assert.Equal(words.Length, words.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_state_and_fate_of_a_bulk_request_has_words_of_its_own()
    {
        AssertOwnWords<BulkState>(BulkWords.Of, unknown: (BulkState)999);
        AssertOwnWords<BulkFate>(BulkWords.Of, unknown: (BulkFate)999);
        Assert.All(Enum.GetValues<BulkFate>(), fate => Assert.EndsWith(".", BulkWords.Explain(fate), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<BulkTrouble>(), trouble => Assert.Equal(trouble == BulkTrouble.None, BulkWords.Of(trouble) is null));
    }

    [Fact]
    public void Everyone_who_ends_sessions_has_words_of_their_own()
    {
        var words = Enum.GetValues<RevokedBy>().Select(by => Words.EndedBy(by, "you")).ToList();

        Assert.Equal(words.Count, words.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("Ended by you", Words.EndedBy(RevokedBy.User, "you"));
    }

    [Theory]
    [InlineData(AuditAction.ForceSignOut, "ReportedTheft", "reported theft")]
    [InlineData(AuditAction.SessionLocked, "Support", "locked by support")]
    [InlineData(AuditAction.RoleGranted, "Support", "Support")]
    [InlineData(AuditAction.RoleGranted, "Admin", "Admin")]
    [InlineData(AuditAction.SessionEnded, "99", "99")]
    public void An_audit_entry_says_its_reason_in_words_and_a_role_as_it_is(AuditAction action, string reason, string words) =>
        Assert.Equal(words, Words.OfAuditReason(action, reason));

    [Theory]
    [InlineData(0, "0 sessions")]
    [InlineData(1, "1 session")]
    [InlineData(2, "2 sessions")]
    public void Things_are_counted_in_plain_english(int count, string words) => Assert.Equal(words, Words.Count(count, "session"));

    /// <param name="of">The words of a value.</param>
    /// <param name="unknown">A value that is none, for the words that no real one may have.</param>
    private static void AssertOwnWords<T>(Func<T, string> of, T unknown)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().Append(unknown).Select(of).ToList();

        Assert.DoesNotContain(words, string.IsNullOrWhiteSpace);
        Assert.Equal(words.Count, words.Distinct(StringComparer.Ordinal).Count());
    }
}
