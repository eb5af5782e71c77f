namespace WebApp.Admin.Bulk;

/// <summary>How far a request is.</summary>
/// <param name="Request">As it is stored.</param>
/// <param name="Rows">How many rows have each fate; those that none has are missing.</param>
/// <param name="Ended">How many sessions ended.</param>
public sealed record BulkProgress(BulkRequest Request, IReadOnlyDictionary<BulkFate, int> Rows, int Ended)
{
    /// <summary>How many people are still to be done, including those that will be tried again.</summary>
    public int Left => Of(BulkFate.Pending) + Of(BulkFate.Started);

    /// <summary>Of <see cref="BulkRequest.People"/>.</summary>
    public int Handled => Math.Max(Request.People - Left, 0);

    public int Of(BulkFate fate) => Rows.GetValueOrDefault(fate);
}
