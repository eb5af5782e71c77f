using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using WebApp.Sessions.Sql;

namespace WebApp.Hosting;

/// <summary>The copy of the key ring in the database.</summary>
internal sealed class KeyRingCopy(IDbContextFactory<SessionsDbContext> databases)
{
    /// <summary>The elements as XML; null if the database does not answer, or is not migrated yet.</summary>
    public string[]? TryRead()
    {
        try
        {
            using var db = databases.CreateDbContext();
            return [.. db.RingKeys.AsNoTracking().Select(key => key.Element)];
        }
        catch (DbException)
        {
            return null;
        }
    }

    /// <summary>Adds what is not there yet.</summary>
    /// <exception cref="DbException">The database does not answer, or is not migrated yet.</exception>
    /// <exception cref="DbUpdateException">Likewise; or another instance has added one at the same time.</exception>
    public async Task AddAsync(IEnumerable<string> elements)
    {
        await using var db = await databases.CreateDbContextAsync();
        var present = await db.RingKeys.Select(key => key.Id).ToListAsync();
        var missing = elements
            .Select(element => new RingKey { Id = IdOf(element), Element = element })
            .ExceptBy(present, key => key.Id);
        db.RingKeys.AddRange(missing);
        await db.SaveChangesAsync();
    }

    private static string IdOf(string element) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(element)));
}
