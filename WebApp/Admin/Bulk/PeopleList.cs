namespace WebApp.Admin.Bulk;

/// <summary>
/// Reads a list of people, by e-mail address or user id: CSV as spreadsheets and exports write it, plain lines, or
/// recipients as mail programs copy them. It may be hostile, so it is read as it comes, twice, and never kept whole.
/// </summary>
/// <param name="open">Gives the list from its beginning, each time.</param>
public sealed class PeopleList(Func<TextReader> open)
{
    /// <summary>How many people a list may name, rows that name nobody included.</summary>
    public const int MaxRows = 100_000;

    /// <summary>How the list is written.</summary>
    /// <exception cref="UnreadableListException">The list is not taken.</exception>
    public Task<ListShape> LookAsync() => ListLook.AtAsync(open);

    /// <summary>Whom the rows name, and what of them names nobody; rows without content are passed over.</summary>
    /// <param name="shape">From <see cref="LookAsync"/>.</param>
    /// <param name="columns">From <see cref="ListShape.Choose"/>.</param>
    /// <exception cref="UnreadableListException">The list is not taken.</exception>
    public async IAsyncEnumerable<ListedPerson> ReadAsync(ListShape shape, IReadOnlyList<ListColumn> columns)
    {
        using var text = open();
        var number = 0;
        await foreach (var row in new CsvRows(text, shape.Delimiter).ReadAsync())
        {
            if (++number <= shape.HeadingRows || row.TrueForAll(string.IsNullOrWhiteSpace))
                continue;

            var any = false;
            foreach (var cell in columns.Where(column => column.Index < row.Count).Select(column => row[column.Index]))
            {
                foreach (var (key, said) in ListCell.Read(cell))
                {
                    any = true;
                    yield return new(number, key, said);
                }
            }

            if (!any)
                yield return new(number, null, "");
        }
    }
}
