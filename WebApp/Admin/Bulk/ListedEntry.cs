namespace WebApp.Admin.Bulk;

/// <param name="Key">A user id (<see cref="Guid"/>) or an e-mail address (<see cref="string"/>); null when it is
/// neither.</param>
/// <param name="Text">As it is written, fit to be stored; at most <see cref="BulkTarget.MaxTextLength"/>
/// characters.</param>
internal sealed record ListedEntry(object? Key, string Text);
