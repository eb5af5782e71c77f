namespace WebApp.Benchmarks.Http.Peers;

/// <summary>The ceiling: a page for anybody.</summary>
internal sealed class NoAuthentication : Peer
{
    public override void Use(WebApplication app)
    {
    }

    public override void Protect(IEndpointConventionBuilder page)
    {
    }

    public override Task<string> SignInAsync(HttpContext context, BenchmarkUser user) => throw new NotSupportedException("Nobody signs in here.");
}
