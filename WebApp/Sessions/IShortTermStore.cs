namespace WebApp.Sessions;

/// <summary>
/// Keeps what a person's browser must be handed again in some minutes, and is too large or too secret to travel until then. It lies where the
/// sessions lie, sealed by whoever puts it there.
/// </summary>
/// <remarks>
/// Each call throws <see cref="SessionStoreUnavailableException"/> when the store does not answer. What is kept may be lost earlier: when memory is full,
/// or when a user has more than <see cref="MaxPerUser"/>; then what ends first goes first.
/// </remarks>
public interface IShortTermStore
{
    /// <summary>How many things a user has at most.</summary>
    const int MaxPerUser = 8;

    /// <summary>Keeps the content, unless something is kept under that id already; returns what is kept under it now.</summary>
    Task<byte[]> KeepAsync(Guid userId, Guid id, byte[] content, TimeSpan lifetime);

    /// <summary>Null when nothing is kept under that id, or no longer.</summary>
    Task<byte[]?> FindAsync(Guid userId, Guid id);

    Task RemoveAsync(Guid userId, Guid id);
}
