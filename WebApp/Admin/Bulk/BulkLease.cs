namespace WebApp.Admin.Bulk;

/// <summary>The row by which the app's instances agree on one that works.</summary>
public sealed class BulkLease
{
    internal const int TheOne = 1;

    public int Id { get; init; }

    /// <summary>A random name of the instance; empty: nobody's.</summary>
    public Guid Owner { get; set; }

    /// <summary>UTC; from then on another instance may take it.</summary>
    public DateTimeOffset Until { get; set; } = DateTimeOffset.UnixEpoch;
}
