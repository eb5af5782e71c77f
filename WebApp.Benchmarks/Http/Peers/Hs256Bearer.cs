using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>A signed token, checked by a handler of one's own: correct, without detours, and without a memory of tokens seen.</summary>
internal sealed class Hs256Bearer : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication("Bearer").AddScheme<AuthenticationSchemeOptions, Hs256Handler>("Bearer", null);
        builder.Services.AddAuthorization();
    }

    public override Task<string> SignInAsync(HttpContext context, BenchmarkUser user) => Task.FromResult(Hs256Token.Issue(user, TimeProvider.System.GetUtcNow()));
}

internal static class Hs256Token
{
    public const string Issuer = "https://benchmark.example.org";
    public const string Audience = "web-app";

    /// <summary>Good for one run of one machine; nothing else ever knows it.</summary>
    public static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    public static string Issue(BenchmarkUser user, DateTimeOffset now)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(12).ToUnixTimeSeconds(),
            ["sub"] = user.Id,
            ["name"] = user.Email,
            ["email"] = user.Email,
            ["stamp"] = user.Stamp,
            ["display_name"] = user.DisplayName,
            ["amr"] = "pwd",
        });
        var signed = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8) + '.' + Base64Url.EncodeToString(payload);
        return signed + '.' + Base64Url.EncodeToString(HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes(signed)));
    }
}

internal sealed class Hs256Handler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";
    private const int MaxLength = 2048;
    private static readonly AuthenticateResult Refused = AuthenticateResult.Fail("The token is no good.");

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? header = Request.Headers.Authorization;
        if (header is null || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return Task.FromResult(AuthenticateResult.NoResult());

        var identity = Read(header.AsSpan(Prefix.Length), TimeProvider.GetUtcNow().ToUnixTimeSeconds());
        return Task.FromResult(identity is null ? Refused : AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    private ClaimsIdentity? Read(ReadOnlySpan<char> token, long now)
    {
        if (token.Length > MaxLength)
            return null;

        Span<byte> ascii = stackalloc byte[token.Length];
        if (!Ascii.IsValid(token) || Encoding.ASCII.GetBytes(token, ascii) != token.Length)
            return null;

        var first = ascii.IndexOf((byte)'.');
        var last = ascii.LastIndexOf((byte)'.');
        if (first < 0 || last <= first || ascii[(first + 1)..last].Contains((byte)'.'))
            return null;

        Span<byte> part = stackalloc byte[Base64Url.GetMaxDecodedLength(token.Length)];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        try
        {
            if (!Decode(ascii[..first], part, out var written) || !IsHs256(part[..written]))
                return null;

            HMACSHA256.HashData(Hs256Token.Key, ascii[..last], hash);
            if (!Decode(ascii[(last + 1)..], part, out written) || !CryptographicOperations.FixedTimeEquals(hash, part[..written]))
                return null;

            return Decode(ascii[(first + 1)..last], part, out written) ? ReadPayload(part[..written], now) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static bool Decode(ReadOnlySpan<byte> text, Span<byte> bytes, out int written) =>
        Base64Url.DecodeFromUtf8(text, bytes, out _, out written) == System.Buffers.OperationStatus.Done;

    private static bool IsHs256(ReadOnlySpan<byte> header)
    {
        var reader = new Utf8JsonReader(header);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;

            var isAlgorithm = reader.ValueTextEquals("alg"u8);
            reader.Read();
            if (isAlgorithm)
                return reader.ValueTextEquals("HS256"u8);
        }

        return false;
    }

    private ClaimsIdentity? ReadPayload(ReadOnlySpan<byte> payload, long now)
    {
        var identity = new ClaimsIdentity(Scheme.Name, "name", "role");
        var (issuer, audience, inTime, begun) = (false, false, false, true);
        var reader = new Utf8JsonReader(payload);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("iss"u8))
                issuer = reader.Read() && reader.ValueTextEquals(Hs256Token.Issuer);
            else if (reader.ValueTextEquals("aud"u8))
                audience = reader.Read() && reader.ValueTextEquals(Hs256Token.Audience);
            else if (reader.ValueTextEquals("exp"u8))
                inTime = reader.Read() && now < reader.GetInt64();
            else if (reader.ValueTextEquals("nbf"u8))
                begun = reader.Read() && now >= reader.GetInt64();
            else if (TypeOf(reader) is { } type && reader.Read())
                identity.AddClaim(new(type, reader.GetString()!));
            else
                reader.Skip();
        }

        return issuer && audience && inTime && begun ? identity : null;
    }

    /// <summary>The claim's type without making a string of it each time; null for one that this app has no use for.</summary>
    private static string? TypeOf(in Utf8JsonReader reader) =>
        reader.ValueTextEquals("sub"u8) ? "sub"
        : reader.ValueTextEquals("name"u8) ? "name"
        : reader.ValueTextEquals("email"u8) ? "email"
        : reader.ValueTextEquals("stamp"u8) ? "stamp"
        : reader.ValueTextEquals("display_name"u8) ? "display_name"
        : reader.ValueTextEquals("amr"u8) ? "amr"
        : null;
}
