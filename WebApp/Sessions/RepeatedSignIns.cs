using System.Security.Cryptography;

namespace WebApp.Sessions;

/// <summary>
/// Has a form that is sent twice sign in once. A browser takes the answer to the last of them alone, whatever became of the others: so all of them are
/// handed the key of one session.
/// </summary>
public sealed class RepeatedSignIns(IShortTermStore store)
{
    /// <summary>How much later it still counts as the same. What comes after that was meant.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>The key and the seed that the form was handed first: these, unless it was sent before.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    internal async Task<(SessionKey Key, byte[] Seed)> FirstAsync(SignInForm form, SessionKey key, byte[] seed)
    {
        var content = new byte[SessionKey.Size + SessionKey.SeedSize];
        key.Write(content);
        seed.CopyTo(content, SessionKey.Size);
        var kept = await store.KeepAsync(form.Place, form.Id, form.Seal(content), Lifetime);
        return Open(form, kept) is { } first && first.Key.UserId == key.UserId ? first : (key, seed);
    }

    /// <summary>The key and the seed that the form was handed; null when it was not sent within the minute.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    internal async Task<(SessionKey Key, byte[] Seed)?> FindAsync(SignInForm form) =>
        await store.FindAsync(form.Place, form.Id) is { } kept ? Open(form, kept) : null;

    private static (SessionKey Key, byte[] Seed)? Open(SignInForm form, byte[] kept)
    {
        try
        {
            var content = form.Open(kept);
            return SessionKey.Read(content.AsSpan(0, SessionKey.Size)) is { } key ? (key, content[SessionKey.Size..]) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
