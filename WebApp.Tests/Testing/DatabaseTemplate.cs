using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions.Sql;

namespace WebApp.Tests.Testing;

/// <summary>A SQLite file with tables, made once and then copied: hundreds of tests begin with an empty database, and to make its tables takes longest.</summary>
public sealed class DatabaseTemplate
{
    /// <summary>What the migrations of all modules make.</summary>
    public static readonly DatabaseTemplate OfTheApp = new(file =>
    {
        Migrate<AppDbContext>(file, AppDbContext.MigrationsHistoryTable, options => new(options));
        Migrate<SessionsDbContext>(file, SessionsDbContext.MigrationsHistoryTable, options => new(options));
        Migrate<AuditDbContext>(file, AuditDbContext.MigrationsHistoryTable, options => new(options));
        Migrate<AdminDbContext>(file, AdminDbContext.MigrationsHistoryTable, options => new(options));
    });

    /// <summary>The tables of <see cref="SessionsDbContext"/> alone.</summary>
    public static readonly DatabaseTemplate OfSessions = new(file =>
    {
        using var db = new SessionsDbContext(new DbContextOptionsBuilder<SessionsDbContext>().UseSqlite(ConnectionTo(file)).Options);
        // Creates the file in write-ahead mode (EF Core's default).
        db.Database.EnsureCreated();
    });

    private readonly Lazy<byte[]> _content;

    private DatabaseTemplate(Action<string> make) => _content = new(() =>
    {
        var file = Path.Combine(Path.GetTempPath(), $"template-{Guid.NewGuid():N}.db");
        try
        {
            make(file);
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    });

    public void CopyTo(string file) => File.WriteAllBytes(file, _content.Value);

    private static void Migrate<TContext>(string file, string history, Func<DbContextOptions<TContext>, TContext> create)
        where TContext : DbContext
    {
        // Identity's context asks for its options by a way of its own.
        using var services = new ServiceCollection().Configure<IdentityOptions>(identity => identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3).BuildServiceProvider();
        var options = new DbContextOptionsBuilder<TContext>().UseApplicationServiceProvider(services).UseSqlite(ConnectionTo(file), sqlite => sqlite.MigrationsHistoryTable(history));
        using var db = create(options.Options);
        db.Database.Migrate();
    }

    /// <summary>Closed when it is disposed of, and with the last one the file is whole.</summary>
    private static string ConnectionTo(string file) => new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();
}
