using System.Globalization;
using System.Text;
using WebApp.Benchmarks.Http.Peers;

namespace WebApp.Benchmarks.Http;

/// <summary>One way to know who asks.</summary>
internal abstract class Peer
{
    public virtual void AddServices(WebApplicationBuilder builder)
    {
    }

    /// <summary>What has to be done once before the server starts.</summary>
    public virtual Task PrepareAsync(WebApplication app) => Task.CompletedTask;

    public virtual void Use(WebApplication app) => app.UseAuthentication().UseAuthorization();

    /// <summary>What it can do besides.</summary>
    public virtual void Map(WebApplication app)
    {
    }

    /// <summary>The page's own rule.</summary>
    public virtual void Protect(IEndpointConventionBuilder page) => page.RequireAuthorization();

    /// <summary>Signs in without a password. Returns a bearer token, or "" when the credential goes out as a cookie.</summary>
    public abstract Task<string> SignInAsync(HttpContext context, BenchmarkUser user);
}

/// <summary>The process behind <c>server TARGET</c>: one page, the same for all targets. Its first line is the port; it ends when its input does.</summary>
internal static class PeerServer
{
    private static readonly Dictionary<string, Func<Peer>> Peers = new(StringComparer.Ordinal)
    {
        ["none"] = () => new NoAuthentication(),
        ["framework"] = () => new FixedAnswer(),
        ["cookie"] = () => new StatelessCookie(),
        ["hs256"] = () => new Hs256Bearer(),
        ["jwt-library"] = () => new JwtLibrary(),
        ["ticket-store"] = () => new TicketStore(),
        ["ours"] = () => new Ours(),
    };

    public static async Task<int> RunAsync(string target, string[] settings)
    {
        var peer = Peers[target]();
        var app = Build(peer, settings);
        try
        {
            await peer.PrepareAsync(app);
            await app.StartAsync();
        }
#pragma warning disable CA1031 // Whatever keeps the server from starting is for the benchmark to tell.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        Console.WriteLine(new Uri(app.Urls.First()).Port);
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
        return 0;
    }

    /// <summary>An app on a free port, that says nothing.</summary>
    public static WebApplicationBuilder NewBuilder(string[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = settings,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }

    private static WebApplication Build(Peer peer, string[] settings)
    {
        var builder = NewBuilder(settings);
        peer.AddServices(builder);
        var app = builder.Build();
        peer.Use(app);
        peer.Protect(app.MapGet("/", GreetAsync));
        app.MapPost("/sign-in", async context => await context.Response.WriteAsync(await peer.SignInAsync(context, BenchmarkUser.Read(context.Request.Query))));
        peer.Map(app);
        app.MapGet("/allocated", context => context.Response.WriteAsync(GC.GetTotalAllocatedBytes().ToString(CultureInfo.InvariantCulture)));
        app.MapGet("/memory", context => context.Response.WriteAsync($"{GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet}"));
        return app;
    }

    private static async Task GreetAsync(HttpContext context)
    {
        var page = Encoding.UTF8.GetBytes($"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Your account</title></head>
            <body><h1>Your account</h1><p>Hello, {context.User.Identity?.Name ?? BenchmarkUser.Nobody.Email}</p></body>
            </html>

            """);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = page.Length;
        await context.Response.Body.WriteAsync(page);
    }
}
