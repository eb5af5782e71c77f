namespace WebApp.Tests.Testing;

/// <summary>The app with its embedded store. One for all tests of <see cref="Collection"/>; each brings its own person.</summary>
public sealed class SqlApp : TestApp
{
    public const string Collection = "the app on SQL";
}

/// <summary>The app on a real Redis. One for all tests of <see cref="Collection"/>; each brings its own person.</summary>
public sealed class RedisApp : TestApp, IAsyncLifetime
{
    public const string Collection = "the app on Redis";

    public RedisServer Redis { get; } = new();

    public async Task InitializeAsync()
    {
        await Redis.InitializeAsync();
        Settings["ConnectionStrings:Redis"] = Redis.ConnectionString;
        await Eventually.TrueAsync(async () =>
        {
            using var browser = NewBrowser();
            return (await browser.GetAsync("/health/ready")).Status == 200;
        }, "the app is ready");
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>
/// The app as in production: under its public name, behind a proxy on this machine that ends https, with the embedded store.
/// </summary>
public sealed class ProductionApp : TestApp, IAsyncLifetime
{
    public const string Host = "accounts.example.com";

    public ProductionApp()
    {
        EnvironmentName = "Production";
        Settings["Sessions:Store"] = "Sql";
        Settings["App:PublicUrl"] = $"https://{Host}";
        Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
    }

    public Task InitializeAsync() => Hosting.Database.MigrateAsync(Services);

    public static async Task<ProductionApp> StartAsync()
    {
        var app = new ProductionApp();
        await app.InitializeAsync();
        return app;
    }

    /// <summary>A browser on the far side of the proxy.</summary>
    public Browser NewBrowserBehindProxy(string address = "203.0.113.50")
    {
        var browser = NewBrowser();
        browser.Headers["Host"] = Host;
        browser.Headers["X-Forwarded-Proto"] = "https";
        browser.Headers["X-Forwarded-For"] = address;
        return browser;
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();
}

[CollectionDefinition(SqlApp.Collection)]
public sealed class SqlAppCollection : ICollectionFixture<SqlApp>;

[CollectionDefinition(RedisApp.Collection)]
public sealed class RedisAppCollection : ICollectionFixture<RedisApp>;

/// <summary>For tests that measure time: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
