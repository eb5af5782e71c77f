using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace WebApp.Audit;

/// <summary>
/// The one secret behind the audit log's proof. It is never in the database: whoever can write there must not be able to write a chain that fits.
/// Everything that it is used for has a key of its own, derived from it, the pair that signs bundles included.
/// </summary>
/// <param name="setting">The key in base64, as <c>Audit:Key</c> has it; null to keep one in the file.</param>
/// <param name="file">Where the key is kept without the setting: the same base64. Made when the log begins.</param>
public sealed class AuditKey(string? setting, string file)
{
    /// <summary>How long the key is. A longer one is used whole.</summary>
    public const int Bytes = 32;

    // What the derived keys are for. Another text is another key, and no chain fits any more.
    private static readonly byte[] ForChain = Encoding.ASCII.GetBytes("WebApp audit chain 1");
    private static readonly byte[] ForSigning = Encoding.ASCII.GetBytes("WebApp audit signature 1");
    private static readonly byte[] ForMarks = Encoding.ASCII.GetBytes("WebApp audit marks 1");

    /// <summary>Of the curve P-256.</summary>
    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);

    private readonly Lock _lock = new();
    private byte[]? _secret;

    /// <summary>What an operator has to look at when it does not fit.</summary>
    public string Place => setting is null ? file : $"{AuditOptions.Section}:{nameof(AuditOptions.Key)}";

    /// <summary>Whether the text can be a key: base64 of <see cref="Bytes"/> bytes or more.</summary>
    public static bool IsKey(string text) => TryRead(text) is not null;

    /// <exception cref="AuditChainException">There is no key, or none that can be read.</exception>
    internal AuditChain Chain() => new(HKDF.Expand(HashAlgorithmName.SHA256, Extract(), Bytes, ForChain));

    /// <summary>The pair that signs bundles. It follows from the key, so there is one secret to keep and not two.</summary>
    /// <exception cref="AuditChainException">There is no key, or none that can be read.</exception>
    internal ECDsa Signer()
    {
        // As FIPS 186-5 makes a private key from random bits, A.2.1: 64 more than the order has, so that no number is likelier than another.
        var bits = HKDF.Expand(HashAlgorithmName.SHA256, Extract(), Bytes + 8, ForSigning);
        var number = (new BigInteger(bits, isUnsigned: true, isBigEndian: true) % (Order - 1)) + 1;
        var d = new byte[Bytes];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(d, d.Length - bytes.Length);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
    }

    /// <summary>
    /// A mark that stands for a text without telling it, for texts that may hold more than they should: people type
    /// passwords into the field for the name. The same text has the same mark, and only the key finds it out again.
    /// </summary>
    /// <returns>64 bits of an HMAC-SHA256, as 16 hexadecimal digits.</returns>
    /// <exception cref="AuditChainException">There is no key, or none that can be read.</exception>
    public string MarkOf(string text) => Convert.ToHexStringLower(
        HMACSHA256.HashData(HKDF.Expand(HashAlgorithmName.SHA256, Extract(), Bytes, ForMarks), Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));

    /// <summary>The public half, for whoever checks a bundle: PEM of a SubjectPublicKeyInfo.</summary>
    /// <exception cref="AuditChainException">There is no key, or none that can be read.</exception>
    public string PublicKey()
    {
        using var signer = Signer();
        return signer.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    /// <summary>Makes the file, readable for this user only, unless there is a key. Of two at once, one makes it and the other uses it.</summary>
    internal void EnsureExists()
    {
        if (setting is not null || File.Exists(file))
            return;

        var unfinished = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(unfinished, Encoding.ASCII, options))
            writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)));
        try
        {
            File.Move(unfinished, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(unfinished);
        }
    }

    private byte[] Extract()
    {
        lock (_lock)
            return _secret ??= HKDF.Extract(HashAlgorithmName.SHA256, Read());
    }

    private byte[] Read()
    {
        if (setting is null && !File.Exists(file))
            throw new AuditChainException($"The audit log's key is missing: there is no file {file}, and Audit:Key is not set. Put the key back from its backup; "
                + "\"When the key is lost\" in docs/operations.md says what to do without one.");

        return TryRead(setting ?? File.ReadAllText(file))
            ?? throw new AuditChainException($"{Place} holds no key: it must be base64 of {Bytes} random bytes, such as \"openssl rand -base64 {Bytes}\" writes.");
    }

    private static byte[]? TryRead(string text)
    {
        try
        {
            var key = Convert.FromBase64String(text.Trim());
            return key.Length >= Bytes ? key : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>The log can't be gone on with, or is not as it was written: the key does not fit, or what should be there is not.</summary>
public sealed class AuditChainException(string message) : InvalidOperationException(message);
