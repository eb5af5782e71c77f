using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>The same token, checked by the library that the framework's bearer authentication uses.</summary>
internal sealed class JwtLibrary : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication("Bearer").AddScheme<AuthenticationSchemeOptions, JwtLibraryHandler>("Bearer", null);
        builder.Services.AddAuthorization();
    }

    public override Task<string> SignInAsync(HttpContext context, BenchmarkUser user) => Task.FromResult(Hs256Token.Issue(user, TimeProvider.System.GetUtcNow()));
}

internal sealed class JwtLibraryHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    private static readonly JsonWebTokenHandler Tokens = new();

    private static readonly TokenValidationParameters Parameters = new()
    {
        ValidIssuer = Hs256Token.Issuer,
        ValidAudience = Hs256Token.Audience,
        IssuerSigningKey = new SymmetricSecurityKey(Hs256Token.Key),
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        NameClaimType = "name",
    };

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? header = Request.Headers.Authorization;
        if (header is null || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        var result = await Tokens.ValidateTokenAsync(header[Prefix.Length..], Parameters);
        return result.IsValid ? AuthenticateResult.Success(new(new ClaimsPrincipal(result.ClaimsIdentity), Scheme.Name)) : AuthenticateResult.Fail(result.Exception);
    }
}
