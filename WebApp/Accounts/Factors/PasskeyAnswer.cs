using System.Buffers.Text;
using System.Text.Json;

namespace WebApp.Accounts.Factors;

/// <summary>
/// What a browser claims in a passkey's name: enough to look up whose it is before it is judged, and to say afterwards why it was refused.
/// Nothing of it is proved; that is the framework's to do.
/// </summary>
/// <param name="Json">As it came.</param>
/// <param name="CredentialId">The passkey that it names.</param>
/// <param name="Challenge">The one that it answers, as base64url; null when it can't be read.</param>
/// <param name="Origin">The site that the browser answered to; null when it can't be read.</param>
/// <param name="IsFramed">Whether that site was inside another one's page.</param>
/// <param name="UserVerified">Whether the device says that it made sure who is there; null when it can't be read.</param>
public sealed record PasskeyAnswer(string Json, byte[] CredentialId, string? Challenge, string? Origin, bool IsFramed, bool? UserVerified)
{
    /// <summary>Characters. What browsers send is a few thousand long.</summary>
    private const int MaxLength = 32 * 1024;

    /// <summary>Bytes, by the standard (Web Authentication, 4).</summary>
    private const int MaxCredentialIdLength = 1023;

    /// <summary>In the authenticator's data: behind the hash of the site's name.</summary>
    private const int FlagsOffset = 32;

    private const int UserVerifiedFlag = 0x04;

    /// <summary>Null for what is no answer at all. Never throws: anybody may send anything.</summary>
    public static PasskeyAnswer? Read(string? json)
    {
        if (string.IsNullOrEmpty(json) || json.Length > MaxLength)
            return null;

        try
        {
            using var answer = JsonDocument.Parse(json);
            if (Bytes(answer.RootElement, "id") is not { Length: > 0 and <= MaxCredentialIdLength } id)
                return null;

            var response = Member(answer.RootElement, "response");
            using var client = Bytes(response, "clientDataJSON") is { } bytes ? JsonDocument.Parse(bytes) : null;
            var framed = Member(client?.RootElement, "crossOrigin") is { ValueKind: JsonValueKind.True };
            var flags = Bytes(response, "authenticatorData") is { Length: > FlagsOffset } data ? data[FlagsOffset] : (byte?)null;
            return new(json, id, Text(client?.RootElement, "challenge"), Text(client?.RootElement, "origin"), framed, (flags & UserVerifiedFlag) != 0 ? true : flags is null ? null : false);
        }
        // A text may hold half a character; nothing else here can fail so.
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static byte[]? Bytes(JsonElement? parent, string name) =>
        Text(parent, name) is { } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
