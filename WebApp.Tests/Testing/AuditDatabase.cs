using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;

namespace WebApp.Tests.Testing;

/// <summary>An audit log in a SQLite file of its own, with its key beside it, deleted at the end. Nothing else of the app runs.</summary>
public sealed class AuditDatabase : IDbContextFactory<AuditDbContext>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-").FullName;
    private readonly DbContextOptions<AuditDbContext> _options;

    public AuditDatabase()
    {
        // Nothing of the app has run yet in this process, so the handler that helps SQLite load may not stand yet.
        RuntimeHelpers.RunModuleConstructor(typeof(AuditLog).Module.ModuleHandle);
        _options = new DbContextOptionsBuilder<AuditDbContext>()
            .UseSqlite($"Data Source={Path.Combine(_folder, "audit.db")};Default Timeout=30", sqlite => sqlite.MigrationsHistoryTable(AuditDbContext.MigrationsHistoryTable)).Options;
        Key = new(null, KeyFile);
        Log = new(this, Key, Clock);
    }

    public TestClock Clock { get; } = new();

    public string KeyFile => Path.Combine(_folder, "audit.key");

    public AuditKey Key { get; }

    public AuditLog Log { get; }

    /// <summary>With its log begun.</summary>
    public static async Task<AuditDatabase> BeginAsync()
    {
        var database = new AuditDatabase();
        await database.MigrateAsync();
        return database;
    }

    /// <summary>As <c>WebApp migrate</c> does it.</summary>
    public async Task MigrateAsync()
    {
        await using (var db = CreateDbContext())
            await db.Database.MigrateAsync();
        await new AuditBeginning(Log, Key).BeginAsync();
    }

    /// <summary>The first thing that does not fit; null when all is well. With the key that the file has by now.</summary>
    public async Task<AuditMisfit?> FindMisfitAsync(AuditAnchor? expected = null)
    {
        using var verifier = new AuditVerifier(Log, new(null, KeyFile));
        return (await verifier.VerifyAsync(expected)).Misfit;
    }

    /// <summary>As somebody who can write to the file.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var db = CreateDbContext();
#pragma warning disable EF1002 // The tests are its only source.
        await db.Database.ExecuteSqlRawAsync(sql);
#pragma warning restore EF1002
    }

    /// <summary>The triggers are no lock: whoever can write to the file can take them away.</summary>
    public async Task DropTriggersAsync()
    {
        await using var db = CreateDbContext();
        foreach (var name in await db.Database.SqlQuery<string>($"SELECT name AS Value FROM sqlite_master WHERE type = 'trigger'").ToListAsync())
            await ExecuteAsync($"DROP TRIGGER {name}");
    }

    public AuditDbContext CreateDbContext() => new(_options);

    public void Dispose()
    {
        Log.Dispose();
        using (var db = CreateDbContext())
            SqliteConnection.ClearPool((SqliteConnection)db.Database.GetDbConnection());
        Directory.Delete(_folder, recursive: true);
    }
}
