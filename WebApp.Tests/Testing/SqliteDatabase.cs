using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Sessions.Sql;

namespace WebApp.Tests.Testing;

/// <summary>A SQLite file of its own, with the tables of <see cref="SessionsDbContext"/>, deleted at the end.</summary>
public sealed class SqliteDatabase : IDbContextFactory<SessionsDbContext>, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"sessions-{Guid.NewGuid():N}.db");
    private readonly DbContextOptions<SessionsDbContext> _options;

    public SqliteDatabase()
    {
        ConnectionString = $"Data Source={_path}";
        _options = new DbContextOptionsBuilder<SessionsDbContext>().UseSqlite(ConnectionString).Options;
        DatabaseTemplate.OfSessions.CopyTo(_path);
    }

    public string ConnectionString { get; }

    public SessionsDbContext CreateDbContext() => new(_options);

    public void Dispose()
    {
        using (var connection = new SqliteConnection(ConnectionString))
            SqliteConnection.ClearPool(connection);
        foreach (var file in new[] { _path, _path + "-wal", _path + "-shm" })
            File.Delete(file);
    }
}
