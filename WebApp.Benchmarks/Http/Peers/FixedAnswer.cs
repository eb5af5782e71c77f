using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>The framework's own share in every other: authentication and authorization around a handler that has its answer before it is asked.</summary>
internal sealed class FixedAnswer : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(FixedHandler.Scheme).AddScheme<AuthenticationSchemeOptions, FixedHandler>(FixedHandler.Scheme, null);
        builder.Services.AddAuthorization();
    }

    public override Task<string> SignInAsync(HttpContext context, BenchmarkUser user) => throw new NotSupportedException("Everybody is signed in here.");
}

internal sealed class FixedHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Fixed";

    private static readonly Task<AuthenticateResult> Answer = Task.FromResult(AuthenticateResult.Success(new(BenchmarkUser.Nobody.ToPrincipal(Scheme), Scheme)));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Answer;
}
