namespace WebApp.Admin.Bulk;

/// <summary>How far a request is.</summary>
/// <param name="Request">As it is stored.</param>
/// <param name="Rows">How many rows have each fate; those that none has are missing.</param>
/// <param name="Ended">How many sessions ended.</param>
public sealed record BulkProgress(BulkRequest Request, IReadOnlyDictionary<BulkFate, int> Rows, int Ended)
{
    /// <summary>How many people's turn is still to come, or not over.</summary>
    public int Left => Of(BulkFate.Pending) + Of(BulkFate.Started);

    /// <summary>How many of <see cref="BulkRequest.People"/> have had their turn, done or not.</summary>
    public int Handled => Math.Max(Request.People - Left, 0);

    /// <summary>How many of <see cref="Handled"/> were not done. Some of them may be tried again.</summary>
    public int NotDone => Math.Max(Handled - Of(BulkFate.Done), 0);

    public int Of(BulkFate fate) => Rows.GetValueOrDefault(fate);
}
