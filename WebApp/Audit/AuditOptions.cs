namespace WebApp.Audit;

/// <summary>The configuration section <c>Audit</c>, checked when the app starts.</summary>
public sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>An entry says too little of an attack that went on for longer than it is kept.</summary>
    public static readonly TimeSpan ShortestKept = TimeSpan.FromDays(30);

    /// <summary>How long an entry is kept. Change it where law or contract name another time; what is older is removed within hours.</summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(365);

    /// <summary>
    /// The secret of the log's chain, base64 of 32 random bytes; null: a file beside the database, made when the log begins. Set it, from a secret store, where
    /// instances run on several machines or whoever reads the disk must not have it. Every instance needs the same, and it never changes.
    /// </summary>
    public string? Key { get; set; }
}
