using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace WebApp.Hosting;

/// <summary>
/// A key ring that takes no new key while it has keys that can't be opened. With the wrong certificate the framework
/// would make one of its own: everybody would be signed out here, or now and then where other instances have the right
/// one, and all would seem well.
/// </summary>
internal sealed class GuardedKeyRing(IXmlRepository ring, IServiceProvider services) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() => ring.GetAllElements();

    /// <exception cref="System.Security.Cryptography.CryptographicException">It has keys that can't be opened.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        // Not the notes by which keys are revoked.
        if (element.Name == "key")
            services.GetRequiredService<KeyRingInventory>().RefuseIfIncomplete();
        ring.StoreElement(element, friendlyName);
    }
}
