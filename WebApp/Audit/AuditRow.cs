namespace WebApp.Audit;

/// <summary>
/// An entry as it is stored: ids and facts that name nobody, hashes of what is personal, and the link to the entry before. Once written it is
/// never changed: triggers of the database refuse it.
/// </summary>
public sealed class AuditRow
{
    /// <summary>Rises with every entry.</summary>
    public required long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required AuditAction Action { get; init; }

    public Guid? ActorId { get; init; }

    public Guid? SubjectId { get; init; }

    public string? SessionId { get; init; }

    public string? Method { get; init; }

    public string? Reason { get; init; }

    public string? CaseReference { get; init; }

    /// <summary>Of the entry's <see cref="AuditOrigin"/>; null when it was written without one.</summary>
    public byte[]? OriginHash { get; init; }

    /// <summary>Of the entry's <see cref="AuditText"/>; null when it was written without one.</summary>
    public byte[]? TextHash { get; init; }

    /// <summary>See <see cref="AuditChain"/>.</summary>
    public byte[] Chain { get; private set; } = [];

    /// <summary>What the link covers, in the order in which <see cref="AuditVerifier"/> reads it.</summary>
    internal object?[] Facts =>
        [Id, At.ToUnixTimeMilliseconds(), AuditActions.NameOf(Action), ActorId, SubjectId, SessionId, Method, Reason, CaseReference, OriginHash, TextHash];

    /// <exception cref="ArgumentException">See <see cref="AuditEntry.ThrowUnlessItCanBeKept"/>.</exception>
    internal static (AuditRow Row, AuditOrigin? Origin, AuditText? Text) Of(AuditEntry entry, AuditChain chain, byte[] previous)
    {
        AuditEntry.ThrowUnlessItCanBeKept(entry);
        var origin = entry.Address is null && entry.Device is null
            ? null
            : new AuditOrigin { EntryId = entry.Id, Address = entry.Address, Device = entry.Device, Salt = AuditChain.NewSalt() };
        var text = entry.Details is null && entry.Note is null
            ? null
            : new AuditText { EntryId = entry.Id, Details = entry.Details, Note = entry.Note, Salt = AuditChain.NewSalt() };
        var row = new AuditRow
        {
            Id = entry.Id,
            At = entry.At,
            Action = entry.Action,
            ActorId = entry.ActorId,
            SubjectId = entry.SubjectId,
            SessionId = entry.SessionId,
            Method = entry.Method,
            Reason = entry.Reason,
            CaseReference = entry.CaseReference,
            OriginHash = origin is null ? null : AuditChain.HashOf(origin.Salt, origin.Address, origin.Device),
            TextHash = text is null ? null : AuditChain.HashOf(text.Salt, text.Details, text.Note),
        };
        row.Chain = chain.Link(previous, row.Facts);
        return (row, origin, text);
    }
}

/// <summary>Where an act came from. Deleted with the account of whoever acted, or was acted on.</summary>
public sealed class AuditOrigin
{
    public required long EntryId { get; init; }

    public string? Address { get; init; }

    public string? Device { get; init; }

    public required byte[] Salt { get; init; }
}

/// <summary>What was said of a person. Deleted with that person's account.</summary>
public sealed class AuditText
{
    public required long EntryId { get; init; }

    public string? Details { get; init; }

    public string? Note { get; init; }

    public required byte[] Salt { get; init; }
}

/// <summary>Where the log ends: one row, changed together with every entry that is written. Without it nobody could see that the end was cut off.</summary>
public sealed class AuditHead
{
    public const int TheOne = 1;

    public int Id { get; init; } = TheOne;

    public required long LastId { get; init; }

    public required byte[] Chain { get; init; }

    public required byte[] Mac { get; init; }
}

/// <summary>Where the log begins once old entries have gone by age: what it goes on from. Entries up to here, and no others, may be deleted.</summary>
public sealed class AuditCheckpoint
{
    /// <summary>The last entry that went.</summary>
    public required long LastId { get; init; }

    /// <summary>That entry's link.</summary>
    public required byte[] Chain { get; init; }

    public required DateTimeOffset At { get; init; }

    public required byte[] Mac { get; init; }
}

internal static class AuditActions
{
    /// <summary>For an action that this version does not know: a page that shows it must not fail for it.</summary>
    public const AuditAction Unknown = (AuditAction)(-1);

    public static string NameOf(AuditAction action) => action.ToString();

    public static AuditAction Parse(string name) => Enum.TryParse<AuditAction>(name, out var action) && Enum.IsDefined(action) ? action : Unknown;
}
