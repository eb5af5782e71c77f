using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace WebApp.Tests.Testing;

/// <summary>
/// A passkey as a device and its browser would show it, but for what a test has it do wrong. By Web Authentication: ES256, no attestation.
/// </summary>
public sealed class SoftPasskey(Uri site) : IDisposable
{
    private static readonly string[] Transports = ["internal"];
    private const byte UserPresent = 0x01;
    private const byte Verified = 0x04;
    private const byte BackedUp = 0x18;
    private const byte HasKey = 0x40;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] Id { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>As the page sees it.</summary>
    public string IdText => Base64Url.EncodeToString(Id);

    /// <summary>The site that the browser says it is at.</summary>
    public string Origin { get; set; } = site.GetLeftPart(UriPartial.Authority);

    /// <summary>The site that the device made it for.</summary>
    public string Domain { get; set; } = site.Host;

    /// <summary>Whether the site is in another one's frame.</summary>
    public bool IsFramed { get; set; }

    /// <summary>Whether it made sure who is there.</summary>
    public bool ChecksUser { get; set; } = true;

    public bool IsSynced { get; init; }

    /// <summary>Of the next answer; stays 0 for one that does not count.</summary>
    public uint Count { get; set; }

    /// <summary>The account that it was made for, as the site called it.</summary>
    public string? UserHandle { get; set; }

    /// <summary>The answer in place of the challenge that was asked.</summary>
    public string? Challenge { get; set; }

    /// <summary>The last thing before it is sent.</summary>
    public Func<byte[], byte[]> Signature { get; set; } = signature => signature;

    /// <summary>Makes the passkey: the answer to a question for a new one.</summary>
    public string Create(JsonElement options)
    {
        UserHandle = options.GetProperty("user").GetProperty("id").GetString();
        var client = ClientData("webauthn.create", options);
        var data = AuthenticatorData(HasKey, [.. new byte[16], .. BigEndian((ushort)Id.Length), .. Id, .. PublicKey()]);
        return Answer(client, new() { ["attestationObject"] = Text(AttestationObject(data)), ["authenticatorData"] = Text(data), ["transports"] = Transports });
    }

    /// <summary>Uses it: the answer to a question who is there.</summary>
    public string Get(JsonElement options)
    {
        var client = ClientData("webauthn.get", options);
        var data = AuthenticatorData(0, []);
        var signature = _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Answer(client, new() { ["authenticatorData"] = Text(data), ["signature"] = Text(Signature(signature)), ["userHandle"] = UserHandle });
    }

    public void Dispose() => _key.Dispose();

    private byte[] ClientData(string type, JsonElement options) => JsonSerializer.SerializeToUtf8Bytes(
        new { type, challenge = Challenge ?? options.GetProperty("challenge").GetString(), origin = Origin, crossOrigin = IsFramed });

    private byte[] AuthenticatorData(byte flags, byte[] rest)
    {
        flags |= (byte)(UserPresent | (ChecksUser ? Verified : 0) | (IsSynced ? BackedUp : 0));
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(Domain)), flags, .. BigEndian(Count), .. rest];
    }

    /// <summary>COSE: an EC2 key for ES256 on P-256.</summary>
    private byte[] PublicKey()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(5);
        Write(1, 2);
        Write(3, -7);
        Write(-1, 1);
        cbor.WriteInt32(-2);
        cbor.WriteByteString(point.X!);
        cbor.WriteInt32(-3);
        cbor.WriteByteString(point.Y!);
        cbor.WriteEndMap();
        return cbor.Encode();

        void Write(int key, int value)
        {
            cbor.WriteInt32(key);
            cbor.WriteInt32(value);
        }
    }

    private static byte[] AttestationObject(byte[] data)
    {
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(3);
        cbor.WriteTextString("fmt");
        cbor.WriteTextString("none");
        cbor.WriteTextString("attStmt");
        cbor.WriteStartMap(0);
        cbor.WriteEndMap();
        cbor.WriteTextString("authData");
        cbor.WriteByteString(data);
        cbor.WriteEndMap();
        return cbor.Encode();
    }

    private string Answer(byte[] client, Dictionary<string, object?> response)
    {
        response["clientDataJSON"] = Text(client);
        return JsonSerializer.Serialize(new { id = IdText, rawId = IdText, type = "public-key", clientExtensionResults = new { }, response });
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] BigEndian(ushort number)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] BigEndian(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}

/// <summary>What passkeys.js fetches.</summary>
/// <param name="Options">By the standard.</param>
/// <param name="State">Sealed.</param>
public sealed record Question(JsonElement Options, string State);

/// <summary>A browser that does what passkeys.js has one do.</summary>
public static class PasskeyBrowsing
{
    public const string ListPath = "/account/security/passkeys";

    /// <summary>Fetches the question of a page's form; the page itself may hold a returnUrl.</summary>
    public static async Task<Question> AskAsync(this Browser browser, string page)
    {
        var form = page.Split('?')[0];
        var answer = await browser.PeekAsync($"{form}?handler={(form == ListPath ? "Question" : "PasskeyQuestion")}");
        Assert.True(answer.Status == 200, $"The question of {page} got {answer.Status}");
        using var json = JsonDocument.Parse(answer.Body);
        return new(json.RootElement.GetProperty("options").Clone(), json.RootElement.GetProperty("state").GetString()!);
    }

    /// <summary>Puts an answer into the page's form and sends it; follows redirects.</summary>
    public static async Task<Page> AnswerAsync(this Browser browser, string page, string answer, string state)
    {
        var shown = await browser.GetAsync(page);
        var form = shown.Document.QuerySelector("form[data-passkey]");
        Assert.True(form is not null, $"{shown.Address} has a form for passkeys");
        shown.Fill("passkeyAnswer", answer).Fill("passkeyState", state);
        return await shown.PressAsync(form.QuerySelector("button")!.TextContent, "form[data-passkey]");
    }

    public static async Task<Page> AddPasskeyAsync(this Browser browser, SoftPasskey passkey)
    {
        var question = await browser.AskAsync(ListPath);
        return await browser.AnswerAsync(ListPath, passkey.Create(question.Options), question.State);
    }

    /// <summary>Proves with it whatever the page asks for.</summary>
    public static async Task<Page> UseAsync(this Browser browser, SoftPasskey passkey, string page = "/account/login")
    {
        var question = await browser.AskAsync(page);
        return await browser.AnswerAsync(page, passkey.Get(question.Options), question.State);
    }
}
