using System.Globalization;
using System.Text;
using WebApp.Accounts;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Reads a list of people, one a row, by e-mail address or user id: CSV as spreadsheets and exports write it, or plain lines. It may be hostile, so
/// it is read as it comes and never kept whole: no row is longer in memory than <see cref="MaxRowLength"/>, whatever its quotes claim.
/// </summary>
/// <remarks>
/// Fields stand between commas, semicolons or tabs, perhaps in quotes; rows end with LF, CRLF or CR; rows without content are passed over but counted.
/// If the first row names a column for addresses or ids, that column is read; if not, the first column in which the first row has one.
/// </remarks>
public sealed class PeopleList(TextReader text)
{
    /// <summary>How many rows a list may have.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Characters. What a row has beyond it is passed over.</summary>
    public const int MaxRowLength = 4096;

    /// <summary>The best first.</summary>
    private static readonly string[] Headers = ["email", "emailaddress", "mail", "userid", "id"];

    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _field = new();
    private int _at;
    private int _length;
    private bool _afterCarriageReturn;

    /// <summary>The rows that say something, without a header.</summary>
    public async IAsyncEnumerable<ListedPerson> ReadAsync()
    {
        int? column = null;
        for (var number = 1; await ReadRowAsync() is var (fields, isCut); number++)
        {
            if (fields.TrueForAll(string.IsNullOrWhiteSpace) && !isCut)
                continue;

            if (column is null)
            {
                column = HeaderOf(fields);
                if (column is not null)
                    continue;

                column = Math.Max(fields.FindIndex(IsEntry), 0);
            }

            var field = column < fields.Count ? fields[column.Value].Trim() : "";
            yield return isCut ? new(number, null, Clean(field)) : Understand(number, Bare(field));
        }
    }

    private static int? HeaderOf(List<string> fields)
    {
        var names = fields.ConvertAll(field => new string([.. field.Where(char.IsLetter)]).ToLowerInvariant());
        return Headers.Where(names.Contains).Select(header => (int?)names.IndexOf(header)).FirstOrDefault();
    }

    private static bool IsEntry(string field) => Understand(0, Bare(field.Trim())).Key is not null;

    /// <summary>"Ada &lt;ada@example.com&gt;", as mail programs copy it.</summary>
    private static string Bare(string field) =>
        field.EndsWith('>') && field.LastIndexOf('<') is var start and >= 0 ? field[(start + 1)..^1].Trim() : field;

    private static ListedPerson Understand(int row, string field) =>
        Guid.TryParse(field, CultureInfo.InvariantCulture, out var id) ? new(row, id, Clean(field))
        : IsAddress(field) ? new(row, field, Clean(field))
        : new(row, null, Clean(field));

    private static bool IsAddress(string field) => field.Length <= AppUser.MaxEmailLength && field.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < field.Length - 1
        && !field.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '\uFFFD' or '<' or '>' or '"');

    /// <summary>To be shown and stored: no control characters, no halves of characters, and not long.</summary>
    private static string Clean(string field)
    {
        if (field.Length <= BulkTarget.MaxTextLength && field.All(char.IsAscii) && !field.Any(char.IsControl))
            return field;

        var clean = new StringBuilder();
        foreach (var rune in field.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > BulkTarget.MaxTextLength)
                break;
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format))
                clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    private async ValueTask<(List<string> Fields, bool IsCut)?> ReadRowAsync()
    {
        List<string> fields = [];
        var (quotes, length) = (Quotes.None, 0);
        _field.Clear();
        while (true)
        {
            if (_at == _length)
                (_at, _length) = (0, await text.ReadAsync(_buffer));
            if (_length == 0 && length == 0)
                return null;

            var next = _length == 0 ? '\n' : _buffer[_at++];
            var isSecondHalf = next == '\n' && _afterCarriageReturn && length == 0;
            _afterCarriageReturn = false;
            if (isSecondHalf)
                continue;

            // Quotes that nobody closes must not swallow the rest of the list: the row that they made too long ends with its line.
            if (++length > MaxRowLength || _length == 0)
                quotes = Quotes.None;
            if (quotes == Quotes.Open)
            {
                if (next == '"')
                    quotes = Quotes.PerhapsClosed;
                else
                    _field.Append(next);
                continue;
            }

            if (next is '\r' or '\n')
            {
                _afterCarriageReturn = next == '\r';
                EndField(fields);
                return (fields, length > MaxRowLength);
            }

            if (length <= MaxRowLength)
                quotes = Take(next, quotes, fields);
        }
    }

    /// <summary>Outside of quotes, or right behind what may have closed them.</summary>
    private Quotes Take(char next, Quotes quotes, List<string> fields)
    {
        if (next == '"' && (quotes == Quotes.PerhapsClosed || _field.Length == 0))
        {
            // Two of them within quotes stand for one.
            if (quotes == Quotes.PerhapsClosed)
                _field.Append(next);
            return Quotes.Open;
        }

        if (next is ',' or ';' or '\t')
            EndField(fields);
        else
            _field.Append(next);
        return Quotes.None;
    }

    private void EndField(List<string> fields)
    {
        fields.Add(_field.ToString());
        _field.Clear();
    }

    private enum Quotes
    {
        None,
        Open,

        /// <summary>The last character was a quote.</summary>
        PerhapsClosed,
    }
}

/// <summary>What one row of a list says.</summary>
/// <param name="Row">From 1.</param>
/// <param name="Key">A user id (<see cref="Guid"/>) or an e-mail address (<see cref="string"/>); null when it is neither.</param>
/// <param name="Text">What it says, fit to be stored; at most <see cref="BulkTarget.MaxTextLength"/> characters.</param>
public sealed record ListedPerson(int Row, object? Key, string Text);
