using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Http.Peers;
using WebApp.Benchmarks.Machine;
using WebApp.Hosting;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Scale;

/// <summary>A Redis of its own with so many sessions, each begun as a sign-in begins it, and an app beside it that can ask for them.</summary>
internal sealed class SeededStore : IAsyncDisposable
{
    private const int SignInsAtOnce = 64;
    private const int FirstSignIns = 50;
    private const int ProgressEvery = 10_000;

    /// <summary>
    /// A session's first use is recorded, in the warm-up; the next only after this. So turns differ by how many sessions there are, and by nothing else.
    /// </summary>
    private static readonly string[] Settings = ["--Sessions:IdleTimeout=12:00:00", "--Sessions:LastSeenResolution=01:00:00"];

    /// <summary>Seeding is to be thorough rather than quick.</summary>
    private static readonly string[] SeedSettings = [.. Settings, "--Sessions:CommandTimeout=00:00:20"];

    private readonly WebApplication _app;
    private readonly SessionId[] _ids;
    private readonly int _perUser;

    private SeededStore(RedisProcess redis, WebApplication app, int size, int perUser)
    {
        Redis = redis;
        _app = app;
        _ids = new SessionId[size];
        _perUser = perUser;
        Sample = new Credential[Math.Min(size, HttpBenchmark.Sessions)];
    }

    public RedisProcess Redis { get; }

    public int Size => _ids.Length;

    public IServiceProvider Services => _app.Services;

    public IUserSessionStore Store => _app.Services.GetRequiredService<IUserSessionStore>();

    /// <summary>Cookies of some of the sessions, spread over all of them.</summary>
    public Credential[] Sample { get; }

    /// <summary>Of Redis' memory.</summary>
    public double BytesPerSession { get; private set; }

    /// <summary>That the sign-ins took.</summary>
    public double Seconds { get; private set; }

    public static async Task<SeededStore> CreateAsync(Cores cores, Workplace place, int size, int perUser)
    {
        var redis = await RedisProcess.StartAsync(cores.Server);
        var builder = PeerServer.NewBuilder([.. place.SettingsIn(place.NewFolder("seed"), redis), .. SeedSettings]);
        new Ours().AddServices(builder);
        var app = builder.Build();
        await Database.MigrateAsync(app.Services);
        await app.StartAsync();

        var store = new SeededStore(redis, app, size, perUser);
        await store.SeedAsync();
        return store;
    }

    /// <summary>A server for this store's sessions, with <see cref="Sample"/> to use.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message says why.</exception>
    public async Task<HttpTarget> ServeAsync(string name, Cores cores, Workplace place)
    {
        var target = await HttpTarget.StartAsync(name, cores, place, Redis, Settings);
        await target.UseAsync(Sample);
        return target;
    }

    /// <summary>One of the sessions.</summary>
    public (Guid UserId, SessionId Id) this[int index] => (UserOf(index).Id, _ids[index]);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private BenchmarkUser UserOf(int index) => BenchmarkUser.Number(index / _perUser);

    private async Task SeedAsync()
    {
        for (var i = 0; i < FirstSignIns; i++)
            await SignInAsync(BenchmarkUser.Number(int.MaxValue - i));

        var before = (await Redis.CountAsync()).Memory;
        var (started, done) = (Stopwatch.GetTimestamp(), 0);
        await Parallel.ForAsync(0, Size, new ParallelOptions { MaxDegreeOfParallelism = SignInsAtOnce }, async (i, _) =>
        {
            var user = UserOf(i);
            var key = await SignInAsync(user);
            _ids[i] = key.SessionId;
            var stride = Size / Sample.Length;
            if (i % stride == 0 && i / stride < Sample.Length)
                Sample[i / stride] = ToCredential(key, user);
            if (Interlocked.Increment(ref done) % ProgressEvery == 0)
                Progress.Show($"{done:N0} of {Size:N0} sessions, {done / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} a second");
        });
        Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        BytesPerSession = ((await Redis.CountAsync()).Memory - before) / Size;
    }

    /// <summary>What the cookie handler does at a sign-in, without the response.</summary>
    private async Task<SessionKey> SignInAsync(BenchmarkUser user)
    {
        var context = new DefaultHttpContext { RequestServices = _app.Services };
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Headers[HeaderNames.UserAgent] = LoadConnection.UserAgent;
        var properties = new AuthenticationProperties { IssuedUtc = TimeProvider.System.GetUtcNow() };
        var ticket = new AuthenticationTicket(user.ToPrincipal(IdentityConstants.ApplicationScheme), properties, IdentityConstants.ApplicationScheme);
        var text = await _app.Services.GetRequiredService<SessionTicketStore>().StoreAsync(ticket, context, CancellationToken.None);
        return SessionKey.TryDecode(text, out var key) ? key : throw new InvalidOperationException("The store returned no key.");
    }

    private Credential ToCredential(SessionKey key, BenchmarkUser user)
    {
        var cookies = _app.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);
        return new($"Cookie: {cookies.Cookie.Name}={_app.Services.GetRequiredService<SessionCookieFormat>().Protect(key)}", user.Email);
    }
}
