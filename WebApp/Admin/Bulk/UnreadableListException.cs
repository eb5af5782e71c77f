namespace WebApp.Admin.Bulk;

/// <summary>
/// A list of which a part can't be read: then nothing of it is taken, for nobody knows what that part says.
/// </summary>
public sealed class UnreadableListException(ListFault fault, int row) : Exception($"Row {row}: {fault}")
{
    public ListFault Fault => fault;

    /// <summary>Where, from 1.</summary>
    public int Row => row;
}
