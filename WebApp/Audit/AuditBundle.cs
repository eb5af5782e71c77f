using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace WebApp.Audit;

/// <summary>
/// Entries to hand out, as a ZIP file that anybody can check without this app and without its secret: a manifest names the SHA-256 of every file, and is signed
/// with ECDSA. The key in it only says with which key; whether that is the operator's has to be learnt elsewhere.
/// </summary>
public sealed class AuditBundle(AuditKey key)
{
    /// <summary>Who needs more takes an export: a bundle is made in memory.</summary>
    public const int MaxEntries = 100_000;

    private const string Entries = "entries.jsonl";
    private const string Manifest = "manifest.json";
    private const string Signature = "manifest.sig";
    private const string PublicKey = "public-key.pem";
    private const string Readme = "README.txt";

    /// <summary>Nothing but the entries is longer.</summary>
    private const int MaxSmallFile = 64 * 1024;

    private static readonly string[] Files = [Entries, Manifest, Signature, PublicKey, Readme];

    private static readonly byte[] Instructions = Encoding.UTF8.GetBytes("""
        What this is
          entries.jsonl    entries of an audit log, one JSON object a line, times in UTC
          manifest.json    what they are, who had the bundle made and when, whether the log's own chain was intact then, and the SHA-256 of every file
          manifest.sig     the manifest's signature: ECDSA with P-256 and SHA-256, in DER
          public-key.pem   the key that it was made with

        How to check it
          1. Get the operator's public key from the operator, not from here ("WebApp audit key" prints it), and compare it with public-key.pem.
          2. openssl dgst -sha256 -verify public-key.pem -signature manifest.sig manifest.json
          3. sha256sum entries.jsonl README.txt, and compare with "files" in manifest.json.
          The operator does all of it with "WebApp audit verify-bundle FILE".

        """.ReplaceLineEndings("\n"));

    /// <param name="about">What it is, as the manifest says it.</param>
    /// <param name="entries">JSON lines.</param>
    /// <exception cref="AuditChainException">There is no key.</exception>
    public byte[] Make(AuditBundleFacts about, ReadOnlySpan<byte> entries)
    {
        using var signer = key.Signer();
        var manifest = Describe(about, signer, (Entries, entries.ToArray()), (Readme, Instructions));
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, Readme, Instructions, about.MadeAt);
            Add(zip, Entries, entries, about.MadeAt);
            Add(zip, Manifest, manifest, about.MadeAt);
            Add(zip, Signature, signer.SignData(manifest, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), about.MadeAt);
            Add(zip, PublicKey, Encoding.ASCII.GetBytes(key.PublicKey()), about.MadeAt);
        }

        return file.ToArray();
    }

    /// <summary>Null when the bundle is as it was made with the key; else what is wrong with it, in words without a full stop.</summary>
    /// <param name="file">The ZIP file; has to be able to seek.</param>
    /// <param name="publicKey">PEM; null for this app's own key.</param>
    public string? FindMisfit(Stream file, string? publicKey = null)
    {
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            if (!zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal).SequenceEqual(Files.Order(StringComparer.Ordinal)))
                return $"it does not hold {string.Join(", ", Files)}, each once and nothing else";

            using var signer = ECDsa.Create();
            signer.ImportFromPem(publicKey ?? key.PublicKey());
            var manifest = ReadSmall(zip, Manifest);
            return !signer.VerifyData(manifest, ReadSmall(zip, Signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
                ? "its manifest was not signed with that key, or was changed"
                : FindChangedFile(zip, manifest) is { } changed ? $"{changed} is not the file that was signed" : null;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or CryptographicException or ArgumentException or KeyNotFoundException or InvalidOperationException and not AuditChainException)
        {
            return "it, or the key, can't be read";
        }
    }

    private static string? FindChangedFile(ZipArchive zip, byte[] manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        var hashes = json.RootElement.GetProperty("files");
        return new[] { Entries, Readme }.FirstOrDefault(name => hashes.GetProperty(name).GetString() != HashOf(zip, name));
    }

    private static string HashOf(ZipArchive zip, string name)
    {
        using var content = zip.GetEntry(name)!.Open();
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    private static byte[] ReadSmall(ZipArchive zip, string name)
    {
        using var content = zip.GetEntry(name)!.Open();
        var bytes = new byte[MaxSmallFile];
        return bytes[..content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static byte[] Describe(AuditBundleFacts about, ECDsa signer, params ReadOnlySpan<(string Name, byte[] Content)> files)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new() { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("about", about.About);
            json.WriteString("for", about.For);
            json.WriteString("addresses", about.Addresses);
            json.WriteNumber("entries", about.Entries);
            json.WriteString("madeAt", AuditFile.TimeOf(about.MadeAt));
            json.WriteString("madeBy", about.MadeBy?.ToString());
            json.WriteStartObject("log");
            json.WriteString("head", about.Log.Head.ToString());
            json.WriteBoolean("fits", about.Log.Misfit is null);
            json.WriteString("verified", about.Log.ToString());
            json.WriteEndObject();
            json.WriteString("publicKeySha256", Convert.ToHexStringLower(SHA256.HashData(signer.ExportSubjectPublicKeyInfo())));
            json.WriteStartObject("files");
            foreach (var (name, content) in files)
                json.WriteString(name, Convert.ToHexStringLower(SHA256.HashData(content)));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content, DateTimeOffset at)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = at;
        using var stream = entry.Open();
        stream.Write(content);
    }
}

/// <param name="About">Which entries: the session or the case.</param>
/// <param name="For">What it is made for, which decides what an entry tells.</param>
/// <param name="Addresses">How much of them is in it.</param>
/// <param name="Entries">How many.</param>
/// <param name="MadeAt">UTC.</param>
/// <param name="MadeBy">The user id of whoever had it made; null: an operator, by command line.</param>
/// <param name="Log">What a verification of the whole log had found by then.</param>
public sealed record AuditBundleFacts(string About, string For, string Addresses, int Entries, DateTimeOffset MadeAt, Guid? MadeBy, AuditVerdict Log);
