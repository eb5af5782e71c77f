using WebApp.Texts;

namespace WebApp.Audit;

/// <summary>Which entries are looked for. Everything that is set has to fit, to the letter.</summary>
public sealed record AuditFilter
{
    public static readonly AuditFilter Everything = new();

    public Guid? ActorId { get; init; }

    public Guid? SubjectId { get; init; }

    public AuditAction? Action { get; init; }

    /// <summary>The name of a reason.</summary>
    public string? Reason { get; init; }

    /// <summary>As typed; one is kept as <see cref="ShownText.Of"/>.</summary>
    public string? CaseReference { get; init => field = value is null ? null : ShownText.Of(value); }

    public string? SessionId { get; init; }

    /// <summary>Written at this moment or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Written before this moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The name of the first text that no entry can have; null when there is none. What is asked for is written down, and nothing leaves the log again.</summary>
    public string? FindMistake() =>
        SessionId is { } session && !(session.Length == AuditEntry.MaxSessionIdLength && session.All(char.IsAsciiHexDigitLower)) ? nameof(SessionId)
        : !AuditEntry.Takes(CaseReference, AuditEntry.MaxCaseReferenceLength) ? nameof(CaseReference)
        : !AuditEntry.Takes(Reason, AuditEntry.MaxReasonLength) ? nameof(Reason)
        : null;

    /// <summary>For the entry about an export: what was asked for, by ids and names only. Cut to what an entry's details can hold.</summary>
    public override string ToString()
    {
        var text = string.Join(", ", Parts());
        return text.Length == 0 ? "everything" : text.Length <= AuditEntry.MaxDetailsLength ? text : text[..AuditEntry.MaxDetailsLength];
    }

    private IEnumerable<string> Parts()
    {
        if (ActorId is { } actor)
            yield return $"by {actor}";
        if (SubjectId is { } subject)
            yield return $"about {subject}";
        if (SessionId is { } session)
            yield return $"session {session}";
        if (CaseReference is { } caseReference)
            yield return $"case {caseReference}";
        if (Action is { } action)
            yield return action.ToString();
        if (Reason is { } reason)
            yield return $"reason {reason}";
        if (From is { } from)
            yield return $"from {from.UtcDateTime:yyyy-MM-dd HH:mm}";
        if (To is { } to)
            yield return $"to {to.UtcDateTime:yyyy-MM-dd HH:mm}";
    }
}
