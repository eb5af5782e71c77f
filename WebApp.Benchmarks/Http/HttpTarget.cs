using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>A server under measurement, in a process of its own, and what signs people in there.</summary>
internal sealed class HttpTarget : IAsyncDisposable
{
    public const string None = "none";
    public const string Framework = "framework";
    public const string Ours = "ours";

    /// <summary>In the order of the report.</summary>
    public static readonly string[] All = [None, Framework, "cookie", "hs256", "jwt-library", "ticket-store", Ours, "express", "fastify"];

    private const int SignInsAtOnce = 4;
    private static readonly string[] Node = ["express", "fastify"];

    private readonly Child _server;
    private readonly HttpClient _client;

    private HttpTarget(string name, Child server, int port, string folder)
    {
        Name = name;
        _server = server;
        Port = port;
        CredentialsFile = Path.Combine(folder, "credentials.json");
        _client = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new($"http://127.0.0.1:{port}") };
        _client.DefaultRequestHeaders.TryAddWithoutValidation(HeaderNames.UserAgent, LoadConnection.UserAgent);
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>The credentials that the load uses; see <see cref="UseAsync"/>.</summary>
    public string CredentialsFile { get; }

    /// <summary>Bytes that a browser sends: a cookie's name and value, or the token; 0 without authentication.</summary>
    public int CredentialBytes { get; private set; }

    public TimeSpan CpuTime => _server.CpuTime;

    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="cores">Where it runs.</param>
    /// <param name="place">Where it may leave files.</param>
    /// <param name="redis">Where its sessions are.</param>
    /// <param name="settings">More of them, as command line arguments.</param>
    /// <exception cref="InvalidOperationException">It did not start; the message says why.</exception>
    public static async Task<HttpTarget> StartAsync(string name, Cores cores, Workplace place, RedisProcess redis, params string[] settings)
    {
        var folder = place.NewFolder(name);
        var server = Node.Contains(name)
            ? Child.Start(cores.Server, [new("NODE_ENV", "production")], "node", Path.Combine(await NodeAsync(), name + ".mjs"), redis.ConnectionString)
            : Child.StartSelf(cores.Server, [], ["server", name, .. place.SettingsIn(folder, redis), .. settings]);
        try
        {
            return new(name, server, int.Parse(await server.ReadLineAsync(), CultureInfo.InvariantCulture), folder);
        }
        catch (InvalidOperationException)
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Signs in so many people, once each.</summary>
    public async Task SignInAsync(int first, int count)
    {
        if (Name is None or Framework)
        {
            await UseAsync([.. Enumerable.Repeat(new Credential("", BenchmarkUser.Nobody.Email), count)]);
            return;
        }

        var credentials = new Credential[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = SignInsAtOnce }, async (i, _) =>
            credentials[i] = await SignInOneAsync(BenchmarkUser.Number(first + i)));
        await UseAsync(credentials);
    }

    /// <summary>Has the load use these.</summary>
    public async Task UseAsync(Credential[] credentials)
    {
        await File.WriteAllTextAsync(CredentialsFile, JsonSerializer.Serialize(credentials));
        CredentialBytes = credentials[0].Header is { Length: > 0 } header ? header.Length - header.LastIndexOf(' ') - 1 : 0;
    }

    /// <summary>Bytes that the server has allocated since it started; null for one that can't tell.</summary>
    public async Task<long?> AllocatedAsync()
    {
        using var answer = await _client.GetAsync("/allocated");
        return answer.IsSuccessStatusCode ? long.Parse(await answer.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture) : null;
    }

    /// <summary>What the server holds, after a full collection.</summary>
    public async Task<ServerMemory> MemoryAsync()
    {
        var numbers = (await _client.GetStringAsync("/memory")).Split(' ');
        return new(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<Credential> SignInOneAsync(BenchmarkUser user)
    {
        using var answer = await _client.PostAsync("/sign-in" + user.ToQuery(), content: null);
        answer.EnsureSuccessStatusCode();
        return answer.Headers.TryGetValues(HeaderNames.SetCookie, out var cookies)
            ? new($"Cookie: {string.Join("; ", cookies.Select(cookie => cookie.Split(';')[0]))}", user.Email)
            : new($"Authorization: Bearer {await answer.Content.ReadAsStringAsync()}", user.Email);
    }

    /// <summary>The folder of the servers for Node, with their packages installed.</summary>
    /// <exception cref="InvalidOperationException">Node is not installed, or npm can't get the packages.</exception>
    private static async Task<string> NodeAsync()
    {
        if (!Tools.Exist("node", "npm"))
            throw new InvalidOperationException("node and npm are not on the PATH.");

        var folder = Path.Combine(AppContext.BaseDirectory, "node");
        var done = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (File.Exists(done) && File.GetLastWriteTimeUtc(done) > File.GetLastWriteTimeUtc(Path.Combine(folder, "package.json")))
            return folder;

        Progress.Show("npm install");
        await using var npm = Child.Start(core: null, [], "npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock");
        return await npm.WaitAsync() == 0 ? folder : throw new InvalidOperationException("npm install failed.");
    }
}

/// <param name="Heap">Bytes of live objects.</param>
/// <param name="Resident">Bytes of the process in memory.</param>
internal sealed record ServerMemory(long Heap, long Resident);
