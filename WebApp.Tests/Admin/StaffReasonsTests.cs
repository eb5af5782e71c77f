using Microsoft.Extensions.Options;
using WebApp.Admin;
using WebApp.Sessions;

namespace WebApp.Tests.Admin;

/// <summary>What is asked of a reason, whoever gives it and where.</summary>
[Trait("Lane", "Fast")]
public sealed class StaffReasonsTests
{
    [Fact]
    public void A_reason_is_read_without_the_blanks_around_it() =>
        Assert.Equal(new(RevocationReason.Other, "C-1", "because"), new StaffReasons(Options.Create(new AdminOptions())).Read("Other", " C-1 ", " because ").Reason);

    [Theory]
    [InlineData(@"INC-\d{6}", "INC-123456", true)]
    [InlineData(@"INC-\d{6}", "INC-12345", false)]
    [InlineData(@"INC-\d{6}", "see INC-123456", false)]
    [InlineData(@"INC-\d{6}", "INC-1234567", false)]
    [InlineData(@"A|B", "AB", false)]
    [InlineData(@"(a+)+", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", false)]
    [InlineData(null, "anything", true)]
    public void A_case_reference_is_of_the_form_that_the_operator_set(string? pattern, string reference, bool fits)
    {
        var (reason, problems) = new StaffReasons(Options.Create(new AdminOptions { CaseReferencePattern = pattern })).Read("Maintenance", reference, null);

        Assert.Equal(fits, reason is not null);
        Assert.Equal(fits ? [] : [$"That is no case reference of yours. One has this form: {pattern}"], problems.Values);
    }

    [Theory]
    [InlineData("\u200B\u2060", null, StaffReasonField.CaseReference, "Enter the case reference.")]
    [InlineData("\u2800", null, StaffReasonField.CaseReference, "The case reference has characters that can't be used here.")]
    [InlineData("\u202E1-C", null, StaffReasonField.CaseReference, "The case reference has characters that can't be used here.")]
    [InlineData("C-1\nC-2", null, StaffReasonField.CaseReference, "The case reference has characters that can't be used here.")]
    [InlineData("C-1", "\u200B\uFE0F", StaffReasonField.Note, "Say in the note what the other reason is.")]
    [InlineData("C-1", "read \u202Eme", StaffReasonField.Note, "The note has characters that can't be used here.")]
    public void What_nobody_sees_is_no_case_and_no_note(
        string reference, string? note, StaffReasonField field, string problem) =>
        Assert.Equal(problem, new StaffReasons(Options.Create(new AdminOptions())).Read(
            "Other", reference, note ?? "a note").Problems[field]);

    [Fact]
    public void A_reason_is_kept_in_one_form_without_what_nobody_sees() => Assert.Equal(
        new(RevocationReason.Other, "Fäll-1", "two\nlines"),
        new StaffReasons(Options.Create(new AdminOptions())).Read(
            "Other", "\u200EFa\u0308ll-\u200B1", "two\n\u2066lines\u2069").Reason);

    [Theory]
    [InlineData("SignedOut")]
    [InlineData("21")]
    [InlineData("maintenance")]
    [InlineData(null)]
    public void Only_the_reasons_of_the_list_count(string? reason) =>
        Assert.Equal("Choose a reason.", new StaffReasons(Options.Create(new AdminOptions())).Read(reason, "C-1", null).Problems[StaffReasonField.Reason]);
}
