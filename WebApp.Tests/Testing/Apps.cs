namespace WebApp.Tests.Testing;

/// <summary>The app with its embedded store. One for all tests of a class; each brings its own person.</summary>
public sealed class SqlApp : TestApp;

/// <summary>The app on a real Redis of its own. One for all tests of a class; each brings its own person.</summary>
public sealed class RedisApp : TestApp, IAsyncLifetime
{
    public RedisServer Redis { get; } = new();

    public async Task InitializeAsync()
    {
        await Redis.InitializeAsync();
        Settings["ConnectionStrings:Redis"] = Redis.ConnectionString;
        await UntilReadyAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>For tests that measure time: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
