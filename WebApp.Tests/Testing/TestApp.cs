using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WebApp.Accounts;
using WebApp.Hosting.RateLimits;
using WebApp.Sessions.Redis;

namespace WebApp.Tests.Testing;

/// <summary>
/// The app itself on a free loopback port, with a database and a key ring of its own, the clock in the test's hands and the log within reach.
/// Sessions are kept in the database unless the settings name a Redis.
/// </summary>
public class TestApp : WebApplicationFactory<Program>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("webapp-").FullName;

    public TestApp()
    {
        Database = Path.Combine(_folder, "webapp.db");
        Mail = new(() => Database, this.MailedAsync);
        UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    }

    /// <summary>The database's file; another instance's, to share it.</summary>
    public string Database { get; init; }

    public TestClock Clock { get; init; } = new();

    public string EnvironmentName { get; init; } = "Development";

    /// <summary>The mail that the app has sent, unless the settings name a mail server.</summary>
    public Mailbox Mail { get; }

    /// <summary>Configuration as from the command line.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    /// <summary>Passwords cost what they cost in the app, for tests that are about it; else next to nothing.</summary>
    public bool HashesFully { get; init; }

    /// <summary>Put around or in place of the app's own services; what stands at its edges only.</summary>
    public Action<IServiceCollection> EdgeServices { get; init; } = _ => { };

    public HeldChecks Checks { get; } = new();

    public HeldPrincipals Principals { get; } = new();

    /// <summary>What was logged.</summary>
    public LogCollector Log { get; } = new();

    public Uri Address
    {
        get
        {
            StartServer();
            return ClientOptions.BaseAddress;
        }
    }

    public virtual Browser NewBrowser(string userAgent = Browser.Firefox) => new(Address, userAgent);

    /// <summary>Returns when <c>/health/ready</c> says so.</summary>
    public Task UntilReadyAsync() => Eventually.TrueAsync(async () =>
    {
        using var probe = NewBrowser();
        return (await probe.GetAsync("/health/ready")).Status == 200;
    }, "the app is ready");

    /// <summary>A browser in which a person who has just registered is signed in: no other test knows the account.</summary>
    public async Task<Browser> NewUserAsync()
    {
        var browser = NewBrowser();
        await browser.RegisterAsync();
        return browser;
    }

    /// <summary>A browser in which the demo account is signed in.</summary>
    public async Task<Browser> SignedInAsync(string email, string userAgent = Browser.Firefox)
    {
        var browser = NewBrowser(userAgent);
        await browser.SignInAsync(email, Browser.DemoPassword);
        return browser;
    }

    public async Task<Guid> UserIdAsync(string email)
    {
        await using var scope = Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync(email))!.Id;
    }

    public async Task RemoveRoleAsync(string email, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        await users.RemoveFromRoleAsync((await users.FindByEmailAsync(email))!, role);
    }

    /// <summary>Takes a table away, so that whatever needs it fails.</summary>
    public async Task BreakAsync(string table)
    {
        await using var connection = new SqliteConnection($"Data Source={Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A table's name can't be a parameter; the tests are its only source.
        command.CommandText = $"ALTER TABLE {table} RENAME TO {table}Gone";
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(EnvironmentName);
        // In Development the app makes the tables itself, when it starts.
        if (EnvironmentName == Environments.Development && Path.GetDirectoryName(Database) == _folder && !File.Exists(Database))
            DatabaseTemplate.OfTheApp.CopyTo(Database);
        builder.UseSetting("ConnectionStrings:Database", $"Data Source={Database}");
        // No test should fail because the machine is busy.
        builder.UseSetting("Sessions:CommandTimeout", "00:00:20");
        // Nor because it signs in often, always from the same address: who tests the limits turns them on.
        foreach (var act in Enum.GetNames<LimitedAct>())
            builder.UseSetting($"RateLimits:{act}:Permits", "0");
        foreach (var (key, value) in Settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Log).AddFilter<LogCollector>(null, LogLevel.Trace));
        builder.ConfigureTestServices(services =>
        {
            if (!HashesFully)
                services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = 1000);
            Checks.Around(services);
            Principals.Around(services);
            EdgeServices(WithoutSweeper(services.AddSingleton<TimeProvider>(Clock)));
        });
    }

    /// <summary>It would come whenever a test sets the clock, and tests count what Redis is asked. RedisSessionSearchTests has it come.</summary>
    private static IServiceCollection WithoutSweeper(IServiceCollection services)
    {
        foreach (var sweeper in services.Where(service => service.ImplementationType == typeof(RedisIndexSweeper)).ToList())
            services.Remove(sweeper);
        return services;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // The base disposes itself twice.
        if (!disposing || !Directory.Exists(_folder))
            return;

        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
