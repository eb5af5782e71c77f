using WebApp.Texts;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Looks through a list for what parts its cells and which columns name people: by what stands in them, not by what
/// they are called.
/// </summary>
internal static class ListLook
{
    private const int SampleLength = 64 * 1024;

    /// <summary>A heading stands at the beginning, if there is one.</summary>
    private const int MaxRowsBefore = 100;

    /// <summary>Beyond as many in a row, it is not looked for whether they say the same.</summary>
    private const int MaxCompared = 32;

    /// <summary>The first one counts if several part the cells alike.</summary>
    private static readonly char[] Delimiters = ['\t', ';', ',', '|'];

    /// <summary>
    /// In letters alone, small: one of them in the only column's first row makes it a heading. (Of several columns any
    /// words do.)
    /// </summary>
    private static readonly string[] HeadingWords =
    [
        "mail", "post", "adres", "address", "correo", "poczt", "courriel", "почт", "пошт", "mél", "邮", "郵", "信箱",
        "メール", "アドレス", "메일", "بريد", "ईमेल",
        "อีเมล", "דואל", "דואר", "ηλεκτρον", "upn", "principalname", "login", "user", "account",
    ];

    /// <exception cref="UnreadableListException">The list is not taken.</exception>
    public static async Task<ListShape> AtAsync(Func<TextReader> open)
    {
        var (delimiter, skipped) = await DelimiterOfAsync(open);
        using var text = open();
        var (columns, before, hasBegun) = (new SortedDictionary<int, Column>(), new List<List<string>>(), false);
        var (number, rows, isPlain, widths) = (0, 0, true, new HashSet<int>());
        await foreach (var row in new CsvRows(text, delimiter).ReadAsync())
        {
            if (++number > skipped && !row.TrueForAll(string.IsNullOrWhiteSpace))
            {
                rows++;
                var (cells, people) = Look(row, number, columns);
                widths.Add(row.Count);
                isPlain &= cells == people;
                hasBegun |= people > 0;
            }

            if (!hasBegun && before.Count <= MaxRowsBefore)
                before.Add(row);
        }

        return ShapeOf(delimiter, skipped, columns, before.Count > MaxRowsBefore ? [] : before,
            isPlain && (rows == 1 || widths.Count > 1));
    }

    private static async Task<(char Delimiter, int Skipped)> DelimiterOfAsync(Func<TextReader> open)
    {
        using var text = open();
        var sample = await SampleAsync(text);
        // Excel says and reads it.
        var first = ShownText.Of(sample.Split('\r', '\n')[0]).Trim('"');
        if (first.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && first.Length <= 5)
            return (first.Length == 5 ? first[4] : '\t', 1);

        var best = (Delimiter: ',', Named: 0, Even: 0);
        foreach (var delimiter in Delimiters.Where(delimiter => sample.Contains(delimiter, StringComparison.Ordinal)))
        {
            var (named, even) = await TryAsync(sample, delimiter);
            if ((named, even).CompareTo((best.Named, best.Even)) > 0)
                best = (delimiter, named, even);
        }

        return (best.Delimiter, 0);
    }

    private static async Task<string> SampleAsync(TextReader text)
    {
        var (sample, length) = (new char[SampleLength], 0);
        while (length < SampleLength && await text.ReadAsync(sample.AsMemory(length)) is > 0 and var more)
            length += more;
        return new(sample, 0, length);
    }

    /// <summary>
    /// How many people a delimiter lets us see, and how many rows have the same number of cells, more than one.
    /// </summary>
    private static async Task<(int Named, int Even)> TryAsync(string sample, char delimiter)
    {
        var (named, widths) = (0, new Dictionary<int, int>());
        try
        {
            await foreach (var row in new CsvRows(new StringReader(sample), delimiter).ReadAsync())
            {
                named += row.Sum(cell => ListCell.KeysOf(cell)?.Count ?? 0);
                if (row.Count > 1)
                    widths[row.Count] = widths.GetValueOrDefault(row.Count) + 1;
            }
        }
        catch (UnreadableListException)
        {
            // The sample may end within quotes; and of what is wrong with the list the whole of it tells.
        }

        return (named, widths.Values.DefaultIfEmpty().Max());
    }

    /// <summary>How many cells of the row are not blank, and how many name people and nothing else.</summary>
    private static (int Cells, int People) Look(List<string> row, int number, SortedDictionary<int, Column> columns)
    {
        var (cells, keys) = (0, new List<(int Index, string Keys)>());
        for (var index = 0; index < row.Count; index++)
        {
            if (string.IsNullOrWhiteSpace(row[index]))
                continue;

            cells++;
            if (ListCell.KeysOf(row[index]) is { } people)
            {
                var column = columns.TryGetValue(index, out var known) ? known : columns[index] = new();
                column.Add(row[index], people);
                keys.Add((index, string.Join('\n', people.Select(key => key.ToString()!.ToUpperInvariant()))));
                continue;
            }

            // Whose address it is nobody knows.
            if (row[index].Contains('\uFFFD', StringComparison.Ordinal)
                && ListCell.KeysOf(row[index].Replace('\uFFFD', 'x')) is not null)
                throw new UnreadableListException(ListFault.Encoding, number);
            if (ListCell.HasAddress(row[index]))
                (columns.TryGetValue(index, out var column) ? column : columns[index] = new()).Others++;
        }

        foreach (var (index, own) in keys)
            columns[index].Compare(keys.Count > MaxCompared
                ? [index] : keys.Where(other => other.Keys == own).Select(other => other.Index));
        return (cells, keys.Count);
    }

    private static ListShape ShapeOf(
        char delimiter, int skipped, SortedDictionary<int, Column> columns, List<List<string>> before, bool isPlain)
    {
        // A foreign product's ids may look like ours; an address is what it is.
        List<int> fitting = [.. columns.Where(column => column.Value.Addresses > 0).Select(column => column.Key)];
        if (fitting.Count == 0)
            fitting = [.. columns.Where(column => column.Value.Cells > 0).Select(column => column.Key)];
        List<int> repeating = [.. fitting.Where(index => fitting.Exists(other => Says(other, index)))];
        var isTable = before.Exists(row => row.Count > 1) || columns.Keys.Any(index => index > 0);
        var heading = before.FindIndex(row => fitting.Exists(index => IsHeading(row, index, isTable)));
        var headingRows = heading < 0 ? skipped : heading + 1;
        // Titles: a row with one cell only, on a table.
        while (heading < 0 && isTable && headingRows < before.Count && CellsOf(before[headingRows]) <= 1)
            headingRows++;
        return new()
        {
            Delimiter = delimiter,
            HeadingRows = headingRows,
            IsPlain = isPlain && headingRows == skipped,
            Columns = [.. fitting.Except(repeating).Select(index => Describe(index, columns[index].Cells))],
            WithAddresses =
            [
                .. columns.Select(column => (column.Key, Cells: column.Value.Others
                    + (column.Value.Addresses > 0 && !repeating.Contains(column.Key) ? column.Value.Cells : 0)))
                    .Where(column => column.Cells > 0).Select(column => Describe(column.Key, column.Cells)),
            ],
        };

        // Wherever the second names people, the first names the same; of two that are alike, the earlier stays.
        bool Says(int first, int second) => first != second && columns[second].SameAs!.Contains(first)
            && (columns[first].Cells, second).CompareTo((columns[second].Cells, first)) > 0;

        ListColumn Describe(int index, int cells) => new(
            index, heading >= 0 && index < before[heading].Count ? ListShape.NameOf(before[heading][index]) : null,
            cells, columns[index].Example);
    }

    // A table's title has one cell only. Of the only column not every word is a heading, or it would be what somebody
    // mistyped for an address.
    private static bool IsHeading(List<string> row, int index, bool isTable)
    {
        if (isTable && CellsOf(row) <= 1)
            return false;

        var text = index < row.Count ? ShownText.Of(row[index]) : "";
        var letters = string.Concat(text.Where(char.IsLetter)).ToLowerInvariant();
        return letters.Length > 0 && !text.Contains('@', StringComparison.Ordinal)
            && (letters == "id" || HeadingWords.Any(word => letters.Contains(word, StringComparison.Ordinal))
                || (isTable && !text.Contains('.', StringComparison.Ordinal)));
    }

    private static int CellsOf(List<string> row) => row.Count(cell => !string.IsNullOrWhiteSpace(cell));

    private sealed class Column
    {
        /// <summary>Cells that name people and nothing else.</summary>
        public int Cells { get; private set; }

        /// <summary>Of these, those that name somebody by address.</summary>
        public int Addresses { get; private set; }

        /// <summary>Cells that have an address among other words.</summary>
        public int Others { get; set; }

        public string Example { get; private set; } = "";

        /// <summary>
        /// Columns that name the same people in every row in which this one names any; itself among them. Null before
        /// the first.
        /// </summary>
        public HashSet<int>? SameAs { get; private set; }

        public void Add(string cell, List<object> people)
        {
            Cells++;
            Addresses += people.Exists(key => key is string) ? 1 : 0;
            if (Example.Length == 0)
                Example = ListCell.Clean(ShownText.Of(cell));
        }

        public void Compare(IEnumerable<int> same)
        {
            if (SameAs is null)
                SameAs = [.. same];
            else
                SameAs.IntersectWith(same);
        }
    }
}
