namespace WebApp.Admin.Bulk;

/// <summary>A column of a list in which people are named.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Heading">Null without one. Somebody's file wrote it: encode it.</param>
/// <param name="Cells">How many of its cells name people, and nothing else.</param>
/// <param name="Example">The first of these.</param>
public sealed record ListColumn(int Index, string? Heading, int Cells, string Example)
{
    /// <summary>In words: its heading, or its number.</summary>
    public string Name => Heading is null ? $"column {Index + 1}" : $"“{Heading}”";

    /// <summary>For the answer to which column is meant: of another file it most likely names none.</summary>
    public string Value => $"{Index}:{Heading}";
}
