namespace WebApp.Admin.Bulk;

public enum ListFault
{
    /// <summary>It has characters that no text has: a spreadsheet's own file, say.</summary>
    NoText,

    /// <summary>An address has characters that are in another encoding than those that can be told.</summary>
    Encoding,

    /// <summary>A quote opens that nobody closes.</summary>
    OpenQuote,

    /// <summary>A row is longer than <see cref="CsvRows.MaxRowLength"/>.</summary>
    LongRow,
}
