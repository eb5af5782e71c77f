using WebApp.Texts;

namespace WebApp.Admin.Bulk;

/// <summary>How a list is written, as far as its content tells.</summary>
public sealed class ListShape
{
    /// <summary>The answer that all of <see cref="Columns"/> are meant.</summary>
    public const string All = "all";

    private const int MaxNameLength = 40;

    /// <summary>Columns that are named when something is said of several.</summary>
    private const int MaxNamed = 4;

    /// <summary>
    /// Those that name people, and not the same ones as another does in the same rows. None: the list names nobody.
    /// </summary>
    public required IReadOnlyList<ListColumn> Columns { get; init; }

    /// <summary>Whether each row is a person, or several, and nothing else.</summary>
    public required bool IsPlain { get; init; }

    public required char Delimiter { get; init; }

    /// <summary>How many rows at its beginning are about the list, and about nobody.</summary>
    public required int HeadingRows { get; init; }

    /// <summary>
    /// Cells with an address, by column, but for those that say the same as one of <see cref="Columns"/>.
    /// </summary>
    public required IReadOnlyList<ListColumn> WithAddresses { get; init; }

    /// <summary>The columns to read; null when it has to be asked for.</summary>
    /// <param name="answer">One's <see cref="ListColumn.Value"/>, or <see cref="All"/>; null before it was
    /// asked.</param>
    public IReadOnlyList<ListColumn>? Choose(string? answer) =>
        IsPlain || Columns.Count < 2 || answer == All ? Columns
        : Columns.FirstOrDefault(column => column.Value == answer) is { } chosen ? [chosen]
        : null;

    /// <summary>Where the people were found, and which addresses were not used, in words.</summary>
    public string Describe(IReadOnlyList<ListColumn> chosen)
    {
        if (IsPlain)
            return chosen.Count > 1 ? ", all addresses of each row" : "";

        var from = HeadingRows > 0 ? $" from row {HeadingRows + 1} on" : "";
        var where = chosen.Any(column => column.Heading is not null) || (chosen.Count == 1 && chosen[0].Index > 0)
            ? $", {NamesOf(chosen)}{from}" : from.Length > 0 ? $",{from}" : "";
        List<ListColumn> unused = [.. WithAddresses.Where(column => chosen.All(used => used.Index != column.Index))];
        return unused.Count == 0 ? where
            : $"{where}; not used: {Count(unused.Sum(column => column.Cells))} with an address in {NamesOf(unused)}";
    }

    internal static string? NameOf(string heading)
    {
        var name = ListCell.Clean(ShownText.Of(heading));
        return name.Length == 0 ? null : name.Length <= MaxNameLength ? name
            : $"{name[..(MaxNameLength - 1)].TrimEnd()}…";
    }

    private static string Count(int cells) => cells == 1 ? "1 cell" : $"{cells:N0} cells";

    private static string NamesOf(IReadOnlyList<ListColumn> columns) =>
        string.Join(", ", columns.Take(MaxNamed).Select(column => column.Name))
        + (columns.Count > MaxNamed ? $" and {columns.Count - MaxNamed} more columns" : "");
}
