namespace WebApp.Sessions.Sql;

/// <summary>What <see cref="IShortTermStore"/> keeps, as a row.</summary>
public sealed class ShortTermRow
{
    public required Guid UserId { get; init; }
    public required Guid Id { get; init; }
    public required DateTimeOffset KeepUntil { get; init; }
    public required byte[] Content { get; init; }
}
