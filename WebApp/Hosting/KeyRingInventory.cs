using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace WebApp.Hosting;

/// <summary>Which keys the ring has, and which of them can be opened with the certificates at hand.</summary>
internal sealed class KeyRingInventory(IKeyManager keys, TimeProvider clock)
{
    /// <summary>The ids of those that can be opened: what another one has sealed can't be.</summary>
    public HashSet<Guid> ReadOpenable() => [.. keys.GetAllKeys().Where(CanOpen).Select(key => key.KeyId)];

    /// <exception cref="CryptographicException">
    /// The key that others use can't be opened: another one must not take its place.
    /// </exception>
    public void RefuseIfIncomplete()
    {
        var present = keys.GetAllKeys().Where(key => !key.IsRevoked).ToLookup(CanOpen);
        var now = clock.GetUtcNow();
        // Those that have expired don't count where a later one can be opened: a certificate may be lost for good.
        if (present[false].Any(key => now < key.ExpirationDate || !present[true].Any()))
        {
            throw new CryptographicException(
                "The key ring has keys that can't be opened, so no other one is made. DataProtection:Certificate is not "
                + "the certificate that they are encrypted for: set that one, or name it in "
                + "DataProtection:PreviousCertificates.");
        }
    }

    private static bool CanOpen(IKey key)
    {
        try
        {
            return key.CreateEncryptor() is not null;
        }
        catch (Exception)
        {
            // The framework's decryptors throw what they like.
            return false;
        }
    }
}
