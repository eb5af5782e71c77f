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
        await UntilReadyAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
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
