using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions.Sql;

namespace WebApp.Hosting;

/// <summary>The one database: accounts, audit log, what staff asked for in bulk, and sessions or their journal. Each module brings its own tables and migrations.</summary>
internal sealed class Database
{
    private static readonly Type[] Contexts = [typeof(AppDbContext), typeof(SessionsDbContext), typeof(AuditDbContext), typeof(AdminDbContext)];

    private readonly string _connectionString;

    public Database(WebApplicationBuilder builder)
    {
        var connection =
            Read(builder.Configuration.GetConnectionString(nameof(Database)) ?? "Data Source=App_Data/webapp.db");
        connection.DataSource = Path.GetFullPath(connection.DataSource, builder.Environment.ContentRootPath);
        // How long a statement waits for another writer. SQLite itself would give up at once, the provider only after 30 s.
        if (!connection.ShouldSerialize("Default Timeout"))
            connection.DefaultTimeout = 5;
        Folder = Path.GetDirectoryName(connection.DataSource)!;
        Directory.CreateDirectory(Folder);
        _connectionString = connection.ToString();
    }

    /// <summary>Where the database file lies, and with it all that this app keeps on disk.</summary>
    public string Folder { get; }

    public void Use(DbContextOptionsBuilder options, string migrationsHistoryTable) => options
        .UseSqlite(_connectionString, sqlite => sqlite.MigrationsHistoryTable(migrationsHistoryTable))
        // What fails is an exception, which its catcher logs: once, and not with a trace for every poll.
        .ConfigureWarnings(events => events.Log(
            (RelationalEventId.CommandError, LogLevel.Debug), (CoreEventId.QueryIterationFailed, LogLevel.Debug)));

    /// <summary>Brings every module's tables up to date. Safe to repeat.</summary>
    public static async Task MigrateAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        // Readers and the writer don't block each other; the mode stays with the file.
        await scope.ServiceProvider.GetRequiredService<AppDbContext>().Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL");
        foreach (var context in Contexts)
            await Of(scope, context).MigrateAsync();
        await scope.ServiceProvider.GetRequiredService<AuditBeginning>().BeginAsync();
    }

    /// <summary>Whether every module's tables are up to date, and the audit log has begun.</summary>
    public static async Task<bool> IsUpToDateAsync(IServiceProvider services, CancellationToken cancellationToken = default)
    {
        await using var scope = services.CreateAsyncScope();
        foreach (var context in Contexts)
        {
            if ((await Of(scope, context).GetPendingMigrationsAsync(cancellationToken)).Any())
                return false;
        }

        return await scope.ServiceProvider.GetRequiredService<AuditBeginning>().HasBegunAsync();
    }

    private static SqliteConnectionStringBuilder Read(string connectionString)
    {
        try
        {
            return new(connectionString);
        }
        catch (ArgumentException)
        {
            // Its words quote what it can't read, and that may be a piece of a password.
            throw new OptionsValidationException(nameof(Database), typeof(SqliteConnectionStringBuilder),
                ["ConnectionStrings:Database can't be read. It is Data Source=PATH[;option=value…], with options of Microsoft.Data.Sqlite."]);
        }
    }

    private static DatabaseFacade Of(AsyncServiceScope scope, Type context) => ((DbContext)scope.ServiceProvider.GetRequiredService(context)).Database;
}
