namespace WebApp.Admin.Bulk;

/// <summary>What a row of a list says, or one of several things.</summary>
/// <param name="Row">From 1.</param>
/// <param name="Key">A user id (<see cref="Guid"/>) or an e-mail address (<see cref="string"/>); null when it is
/// neither.</param>
/// <param name="Text">What it says, fit to be stored; at most <see cref="BulkTarget.MaxTextLength"/>
/// characters.</param>
public sealed record ListedPerson(int Row, object? Key, string Text);
