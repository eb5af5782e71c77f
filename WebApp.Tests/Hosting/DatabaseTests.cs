using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

public sealed class DatabaseTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task The_migrations_and_the_models_of_all_modules_are_of_one_mind()
    {
        Assert.False(await app.InRequestAsync<AppDbContext, bool>(db => Task.FromResult(db.Database.HasPendingModelChanges())));
        Assert.False(await WithAsync<SessionsDbContext, bool>(db => Task.FromResult(db.Database.HasPendingModelChanges())));
        Assert.False(await WithAsync<AuditDbContext, bool>(db => Task.FromResult(db.Database.HasPendingModelChanges())));
        Assert.False(await WithAsync<AdminDbContext, bool>(db => Task.FromResult(db.Database.HasPendingModelChanges())));
    }

    [Fact]
    public async Task Readers_and_the_writer_do_not_block_each_other()
    {
        Assert.Equal("wal", await app.InRequestAsync<AppDbContext, string>(db =>
            db.Database.SqlQuery<string>($"SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync()));
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var before = await SchemaAsync();

        await Database.MigrateAsync(app.Services);

        Assert.Equal(before, await SchemaAsync());
        Assert.NotEmpty(before);
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData(";Default Timeout=2", 2)]
    [InlineData(";Default Timeout=30", 30)]
    [InlineData(";Command Timeout=30", 30)]
    public void A_statement_waits_five_seconds_for_another_writer_unless_told_otherwise(string option, int seconds)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration["ConnectionStrings:Database"] = $"Data Source={app.Database}{option}";
        var options = new DbContextOptionsBuilder<AuditDbContext>();

        new Database(builder).Use(options, AuditDbContext.MigrationsHistoryTable);

        using var db = new AuditDbContext(options.Options);
        Assert.Equal(seconds, ((SqliteConnection)db.Database.GetDbConnection()).DefaultTimeout);
    }

    [Theory]
    [InlineData(AppDbContext.MigrationsHistoryTable)]
    [InlineData(SessionsDbContext.MigrationsHistoryTable)]
    [InlineData(AuditDbContext.MigrationsHistoryTable)]
    [InlineData(AdminDbContext.MigrationsHistoryTable)]
    public async Task The_database_is_up_to_date_only_if_every_module_is(string history)
    {
        Assert.True(await Database.IsUpToDateAsync(app.Services));

        await ExecuteAsync($"ALTER TABLE {history} RENAME TO Forgotten");
        var upToDate = await Database.IsUpToDateAsync(app.Services);
        await ExecuteAsync($"ALTER TABLE Forgotten RENAME TO {history}");

        Assert.False(upToDate);
    }

    [Fact]
    public async Task A_write_waits_for_another_writer_to_finish()
    {
        _ = app.Address;
        await using var other = new SqliteConnection($"Data Source={app.Database}");
        await other.OpenAsync();
        var writing = other.BeginTransaction();

        var logged = app.Log.LinesOfRequests.Count;
        var write = Task.Run(() => app.InRequestAsync<AppDbContext, int>(db => db.Users.ExecuteUpdateAsync(set => set.SetProperty(u => u.Name, "Renamed"))));
        await Eventually.TrueAsync(
            () => app.Log.LinesOfRequests.Skip(logged).Any(line => line.Contains("Executing DbCommand", StringComparison.Ordinal)), "the write has begun");
        // One that begins later and is less patient is refused first.
        await Assert.ThrowsAsync<SqliteException>(() => HastyAsync());
        Assert.False(write.IsCompleted);
        await writing.CommitAsync();

        Assert.Equal(4, await write);

        async Task HastyAsync()
        {
            await using var connection = new SqliteConnection($"Data Source={app.Database};Default Timeout=1");
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
        }
    }

    private async Task<TResult> WithAsync<TContext, TResult>(Func<TContext, Task<TResult>> act)
        where TContext : DbContext => await app.InRequestAsync<IDbContextFactory<TContext>, TResult>(async databases =>
        {
            await using var db = await databases.CreateDbContextAsync();
            return await act(db);
        });

    private Task ExecuteAsync(string sql) => app.InRequestAsync<AppDbContext>(db => db.Database.ExecuteSqlRawAsync(sql));

    private Task<List<string>> SchemaAsync() => app.InRequestAsync<AppDbContext, List<string>>(db =>
        db.Database.SqlQuery<string>($"SELECT name AS Value FROM sqlite_master ORDER BY name").ToListAsync());
}
