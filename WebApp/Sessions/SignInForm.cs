using System.Security.Cryptography;
using System.Text;

namespace WebApp.Sessions;

/// <summary>
/// A form that signs somebody in, by all that it says. Its antiforgery token is drawn anew with each page, so the same again is the same form sent
/// twice, and nobody else can say the same. What is sealed with it nobody opens who has the store and the key ring alone.
/// </summary>
public sealed class SignInForm
{
    private const int GuidSize = 16;
    private const int KeySize = 32;

    private readonly byte[] _key;

    private SignInForm(ReadOnlySpan<byte> hash)
    {
        Place = new(hash[..GuidSize]);
        Id = new(hash.Slice(GuidSize, GuidSize));
        _key = hash.Slice(2 * GuidSize, KeySize).ToArray();
    }

    /// <summary>Stands for a user, of whom it tells nothing.</summary>
    internal Guid Place { get; }

    internal Guid Id { get; }

    /// <param name="form">What was sent.</param>
    /// <param name="earlierProof">Of a sign-in in several steps, what the browser has to show for the first one.</param>
    public static SignInForm Of(IFormCollection form, string? earlierProof = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        Add(hash, earlierProof ?? "");
        foreach (var (name, values) in form.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            foreach (var text in values.Prepend(name))
                Add(hash, text ?? "");
        }

        return new(hash.GetHashAndReset());
    }

    internal byte[] Seal(ReadOnlySpan<byte> content)
    {
        var (nonceSize, tagSize) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        var result = new byte[nonceSize + tagSize + content.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, nonceSize));
        using var cipher = new AesGcm(_key, tagSize);
        cipher.Encrypt(result.AsSpan(0, nonceSize), content, result.AsSpan(nonceSize + tagSize), result.AsSpan(nonceSize, tagSize));
        return result;
    }

    /// <exception cref="CryptographicException">It was not sealed with the same form.</exception>
    internal byte[] Open(ReadOnlySpan<byte> sealedContent)
    {
        var (nonceSize, tagSize) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        if (sealedContent.Length < nonceSize + tagSize)
            throw new CryptographicException("It is too short.");

        var content = new byte[sealedContent.Length - nonceSize - tagSize];
        using var cipher = new AesGcm(_key, tagSize);
        cipher.Decrypt(sealedContent[..nonceSize], sealedContent[(nonceSize + tagSize)..], sealedContent.Slice(nonceSize, tagSize), content);
        return content;
    }

    /// <summary>With its length, so that no two forms are one text.</summary>
    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
