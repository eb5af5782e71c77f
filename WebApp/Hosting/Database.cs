using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions.Sql;

namespace WebApp.Hosting;

/// <summary>The one database: accounts, audit log, and sessions or their journal. Each module brings its own tables and migrations.</summary>
internal sealed class Database
{
    private readonly string _connectionString;

    public Database(WebApplicationBuilder builder)
    {
        var connection = new SqliteConnectionStringBuilder(builder.Configuration.GetConnectionString(nameof(Database)) ?? "Data Source=App_Data/webapp.db");
        connection.DataSource = Path.GetFullPath(connection.DataSource, builder.Environment.ContentRootPath);
        // How long a statement waits for another writer. SQLite itself would give up at once, the provider only after 30 s.
        if (!connection.ContainsKey("Default Timeout") || connection.DefaultTimeout == 30)
            connection.DefaultTimeout = 5;
        Folder = Path.GetDirectoryName(connection.DataSource)!;
        Directory.CreateDirectory(Folder);
        _connectionString = connection.ToString();
    }

    /// <summary>Where the database file lies, and with it all that this app keeps on disk.</summary>
    public string Folder { get; }

    public void Use(DbContextOptionsBuilder options, string migrationsHistoryTable) =>
        options.UseSqlite(_connectionString, sqlite => sqlite.MigrationsHistoryTable(migrationsHistoryTable));

    /// <summary>Brings every module's tables up to date. Safe to repeat.</summary>
    public static async Task MigrateAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        await accounts.Database.MigrateAsync();
        // Readers and the writer don't block each other; the mode stays with the file.
        await accounts.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL");

        await using var sessions = await scope.ServiceProvider.GetRequiredService<IDbContextFactory<SessionsDbContext>>().CreateDbContextAsync();
        await sessions.Database.MigrateAsync();
        await using var audit = await scope.ServiceProvider.GetRequiredService<IDbContextFactory<AuditDbContext>>().CreateDbContextAsync();
        await audit.Database.MigrateAsync();
    }
}
