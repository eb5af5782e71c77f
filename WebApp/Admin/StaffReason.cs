using Microsoft.Extensions.Options;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Admin;

/// <summary>Why staff act. The reason and the case reference are shown to the person; the note is for staff only.</summary>
/// <param name="Reason">One of <see cref="Allowed"/>.</param>
/// <param name="CaseReference">Not empty, at most <see cref="Revocation.MaxCaseReferenceLength"/> characters, and as <see cref="AdminOptions.CaseReferencePattern"/> wants it.</param>
/// <param name="Note">At most <see cref="AuditEntry.MaxNoteLength"/> characters; required with <see cref="RevocationReason.Other"/>.</param>
public sealed record StaffReason(RevocationReason Reason, string CaseReference, string? Note)
{
    public static readonly IReadOnlyList<RevocationReason> Allowed =
    [
        RevocationReason.ReportedTheft, RevocationReason.SuspiciousActivity, RevocationReason.LeftOrganisation,
        RevocationReason.UserRequest, RevocationReason.Maintenance, RevocationReason.Other,
    ];

    /// <summary>The reason as mail to the person says it, such as "reported theft".</summary>
    public string InWords { get; init; } = "not given";

    /// <summary>For the person's mail.</summary>
    internal string Told => $"{InWords}, case {CaseReference}";
}

/// <summary>Reads what staff give as their reason, from a form or a command line: the one place for what is asked of it.</summary>
public sealed class StaffReasons(IOptions<AdminOptions> options)
{
    /// <summary>The reason, or what is wrong with it, by <see cref="StaffReasonField"/> and in words for staff.</summary>
    /// <param name="reason">The name of one of <see cref="StaffReason.Allowed"/>.</param>
    /// <param name="caseReference">As typed.</param>
    /// <param name="note">As typed.</param>
    public (StaffReason? Reason, IReadOnlyDictionary<StaffReasonField, string> Problems) Read(string? reason, string? caseReference, string? note)
    {
        var problems = new Dictionary<StaffReasonField, string>();
        var (known, reference, said) = (StaffReason.Allowed.FirstOrDefault(allowed => allowed.ToString() == reason),
            ShownText.Of(caseReference), ShownText.Of(note));
        if (known == default)
            problems[StaffReasonField.Reason] = "Choose a reason.";
        if (ProblemOf(caseReference, reference) is { } problem)
            problems[StaffReasonField.CaseReference] = problem;
        if (said.Length > AuditEntry.MaxNoteLength)
            problems[StaffReasonField.Note] = $"The note can have at most {AuditEntry.MaxNoteLength} characters.";
        else if (said.Length > 0 && !ShownText.IsGood(note ?? "", lines: true))
            problems[StaffReasonField.Note] = "The note has characters that can't be used here.";
        else if (known == RevocationReason.Other && said.Length == 0)
            problems[StaffReasonField.Note] = "Say in the note what the other reason is.";
        return (problems.Count == 0 ? new(known, reference, said.Length == 0 ? null : said) : null, problems);
    }

    private string? ProblemOf(string? typed, string reference) =>
        reference.Length == 0 ? "Enter the case reference."
        : reference.Length > Revocation.MaxCaseReferenceLength ? $"The case reference can have at most {Revocation.MaxCaseReferenceLength} characters."
        : !ShownText.IsGood(typed ?? "") ? "The case reference has characters that can't be used here."
        : !options.Value.IsCaseReference(reference) ? $"That is no case reference of yours. One has this form: {options.Value.CaseReferencePattern}"
        : null;
}

public enum StaffReasonField
{
    Reason,
    CaseReference,
    Note,
}
