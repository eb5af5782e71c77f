using Microsoft.Data.Sqlite;

namespace WebApp.Tests.Testing;

/// <summary>
/// What an operator has on a machine: a folder with the database, a Redis, the settings that name both, and processes
/// of the app that come and go. Production has what docs/operations.md asks for, Development next to nothing.
/// </summary>
public sealed class Installation : IAsyncDisposable
{
    public const string Production = "Production";
    public const string Development = "Development";

    /// <summary>Has an account from the beginning: made by the operator, or for the demonstration.</summary>
    public const string Email = "alice@example.com";

    private readonly string _environment;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("installation-");
    private readonly List<AppProcess> _running = [];
    private readonly Dictionary<string, string?> _settings;

    /// <param name="environment"><see cref="Production"/> or <see cref="Development"/>.</param>
    /// <param name="certificate">The file that encrypts the key ring in Production.</param>
    public Installation(string environment, string certificate)
    {
        _environment = environment;
        // From outside nobody sees whether there is more to come.
        Mail = new(() => Database, () => throw new NotSupportedException());
        _settings = new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = environment,
            ["ConnectionStrings:Database"] = $"Data Source={Database}",
            ["ConnectionStrings:Redis"] = Redis.ConnectionString,
            // No test should fail because the machine is busy.
            ["Sessions:CommandTimeout"] = "00:00:10",
            // A process that lives for seconds earns nothing by looking for what to compile better.
            ["DOTNET_TieredPGO"] = "0",
        };
        if (environment == Production)
        {
            _settings["App:PublicUrl"] = $"https://{ProductionApp.Host}";
            _settings["DataProtection:Certificate"] = certificate;
            _settings["Audit:Key"] = Convert.ToBase64String(new byte[32]);
            _settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        }
    }

    public RedisServer Redis { get; } = new();

    /// <summary>The database's file.</summary>
    public string Database => Path.Combine(_folder.FullName, "webapp.db");

    /// <summary>The mail that the app has sent.</summary>
    public Mailbox Mail { get; }

    /// <summary>Of <see cref="Email"/>.</summary>
    public string Password => _environment == Development ? Browser.DemoPassword : Browser.Password;

    /// <summary>
    /// Starts the app, and returns when it is ready and has gone about its own business in Redis: what that leaves in
    /// the process must not matter to those who come after it.
    /// </summary>
    public async Task<AppProcess> StartAsync()
    {
        await Redis.CliAsync("CONFIG", "RESETSTAT");
        var app = await StartBesideAsync();
        await Eventually.TrueAsync(
            async () => (await Redis.CliAsync("INFO", "commandstats"))
                .Contains("cmdstat_eval", StringComparison.Ordinal),
            "the app has run a script of its own accord");
        return app;
    }

    /// <summary>Starts one more, and returns when it is ready.</summary>
    public async Task<AppProcess> StartBesideAsync()
    {
        var app = await AppProcess.StartAsync(_settings);
        _running.Add(app);
        return app;
    }

    /// <summary>Stops all that run. They have to end well, and none may have had an error.</summary>
    public async Task StopAsync()
    {
        foreach (var app in _running.ToList())
        {
            _running.Remove(app);
            var exitCode = await app.StopAsync();
            await app.DisposeAsync();
            Assert.Empty(app.Errors);
            Assert.Equal(0, exitCode);
        }
    }

    /// <summary>Runs one of the program's commands, which has to do what it was told.</summary>
    public async Task RunAsync(string[] command, string input = "")
    {
        await using var program = ProgramProcess.Start(_folder.FullName, _settings, command, input);
        var exitCode = await program.EndAsync();
        Assert.True(exitCode == 0, $"{string.Join(' ', command)}: {string.Join('\n', program.Lines)}");
    }

    public Browser NewBrowser(AppProcess app, string userAgent = Browser.Firefox)
    {
        var browser = new Browser(app.Address, userAgent);
        return _environment == Production ? ProductionApp.BehindTheProxy(browser) : browser;
    }

    /// <summary>The same browser, with its cookies, whose next request goes to that process.</summary>
    public Browser Lead(Browser browser, AppProcess to)
    {
        var led = NewBrowser(to, browser.Headers["User-Agent"]);
        foreach (var (name, value) in browser.Cookies)
            led.Cookies[name] = value;
        return led;
    }

    /// <summary>A browser in which <see cref="Email"/> has just signed in.</summary>
    public async Task<Browser> SignInAsync(AppProcess app, string userAgent = Browser.Firefox)
    {
        var browser = NewBrowser(app, userAgent);
        var page = await browser.TrySignInAsync(Email, Password);
        Assert.Equal((200, true), (page.Status, browser.SessionCookie is not null));
        return browser;
    }

    /// <summary>A browser in which a new person has just signed in; in Production by the link in their mail.</summary>
    public async Task<Browser> RegisterAsync(AppProcess app, string email)
    {
        var browser = NewBrowser(app);
        var page = await browser.AskForAccountAsync(email);
        if (_environment == Production)
            page = await browser.ConfirmEmailAsync((await Mail.NextAsync(email)).LinkTo("/account/confirm-email"));
        Assert.Equal((200, "/account/sessions"), (page.Status, page.Address.AbsolutePath));
        return browser;
    }

    /// <summary>Takes a backup of the database, while the app may run, and of what else there is beside it.</summary>
    public void BackUp(string folder)
    {
        Directory.CreateDirectory(folder);
        var (name, files) = (Path.GetFileName(Database), _folder.GetFiles());
        foreach (var file in files.Where(file => !file.Name.StartsWith(name, StringComparison.Ordinal)))
            file.CopyTo(Path.Combine(folder, file.Name));
        using SqliteConnection source = new(Unpooled(Database)), copy = new(Unpooled(Path.Combine(folder, name)));
        source.Open();
        copy.Open();
        source.BackupDatabase(copy);
    }

    /// <summary>Puts back what <see cref="BackUp"/> took.</summary>
    public void Restore(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _running)
            await app.DisposeAsync();
        await Redis.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Unpooled(string file) => $"Data Source={file};Pooling=False";
}
