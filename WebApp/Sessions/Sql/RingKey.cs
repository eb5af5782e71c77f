namespace WebApp.Sessions.Sql;

/// <summary>
/// A copy of an element of Data Protection's key ring, which is in Redis: what it seals in the database outlives what
/// Redis loses. Encrypted, as there, by the certificate.
/// </summary>
public sealed class RingKey
{
    /// <summary>The SHA-256 of the element, in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>As XML.</summary>
    public required string Element { get; init; }
}
