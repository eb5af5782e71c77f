using System.Buffers;
using System.Text;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Reads rows of CSV as they come: never more than one is in memory, whatever a hostile file claims. A cell may stand
/// in quotes, also behind blanks; rows end with LF, CRLF or CR.
/// </summary>
internal sealed class CsvRows(TextReader text, char delimiter)
{
    /// <summary>Characters: enough for thousands of addresses in one row.</summary>
    public const int MaxRowLength = 1024 * 1024;

    private static readonly string Controls = string.Concat(Enumerable.Range(0, ' ').Select(c => (char)c));

    private static readonly SearchValues<char> EndsInQuotes = SearchValues.Create(Controls + '"');

    private readonly SearchValues<char> _ends = SearchValues.Create(Controls + '"' + delimiter);
    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _field = new();
    private int _at;
    private int _length;
    private bool _afterCarriageReturn;

    /// <summary>All rows, the empty ones too.</summary>
    /// <exception cref="UnreadableListException">This is no text, or its quotes don't fit.</exception>
    public async IAsyncEnumerable<List<string>> ReadAsync()
    {
        for (var number = 1; await ReadRowAsync(number) is { } row; number++)
            yield return row;
    }

    private async ValueTask<List<string>?> ReadRowAsync(int number)
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
            // What nobody closes would swallow the rest of the list.
            if (_length == 0 && quotes == Quotes.Open)
                throw new UnreadableListException(ListFault.OpenQuote, number);

            length += quotes == Quotes.PerhapsClosed ? 0 : TakeRun(quotes == Quotes.Open ? EndsInQuotes : _ends);
            if (length > MaxRowLength)
                throw new UnreadableListException(
                    quotes == Quotes.Open ? ListFault.OpenQuote : ListFault.LongRow, number);
            if (_at == _length && _length > 0)
                continue;

            var next = _length == 0 ? '\n' : _buffer[_at++];
            var isSecondHalf = next == '\n' && _afterCarriageReturn && length == 0;
            _afterCarriageReturn = false;
            if (isSecondHalf)
                continue;

            if (next < ' ' && next is not ('\t' or '\n' or '\v' or '\f' or '\r'))
                throw new UnreadableListException(ListFault.NoText, number);
            length++;
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
                return fields;
            }

            quotes = Take(next, quotes, fields);
        }
    }

    /// <summary>As much of the cell as can be taken at once: nearly all of a list.</summary>
    private int TakeRun(SearchValues<char> ends)
    {
        var left = _buffer.AsSpan(_at.._length);
        var run = left.IndexOfAny(ends) is >= 0 and var end ? end : left.Length;
        _afterCarriageReturn &= run == 0;
        _field.Append(left[..run]);
        _at += run;
        return run;
    }

    /// <summary>Outside of quotes, or right behind what may have closed them.</summary>
    private Quotes Take(char next, Quotes quotes, List<string> fields)
    {
        if (next == '"' && (quotes == Quotes.PerhapsClosed || IsBlank()))
        {
            // Two of them within quotes stand for one.
            if (quotes == Quotes.PerhapsClosed)
                _field.Append(next);
            else
                _field.Clear();
            return Quotes.Open;
        }

        if (next == delimiter)
            EndField(fields);
        else
            _field.Append(next);
        return Quotes.None;
    }

    private bool IsBlank()
    {
        for (var i = 0; i < _field.Length; i++)
        {
            if (!char.IsWhiteSpace(_field[i]))
                return false;
        }

        return true;
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
