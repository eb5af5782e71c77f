using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;

namespace WebApp.Admin;

/// <summary>Finds people for staff.</summary>
public sealed class UserDirectory(AppDbContext db, ILookupNormalizer normalizer, TimeProvider clock)
{
    /// <summary>How many people a search shows at most.</summary>
    public const int PageSize = 50;

    /// <summary>The people that fit the filter, by e-mail address; at most <see cref="PageSize"/> of them.</summary>
    public async Task<PeopleFound> SearchAsync(UserFilter filter)
    {
        var found = await ReadAsync(Matching(filter).OrderBy(u => u.NormalizedEmail).Take(PageSize + 1));
        return new([.. found.Take(PageSize)], IsCut: found.Count > PageSize);
    }

    /// <summary>The accounts that fit the filter, in no order.</summary>
    public IQueryable<AppUser> Matching(UserFilter filter)
    {
        var (people, text, now) = (db.Users.AsNoTracking(), filter.Text?.Trim() ?? "", clock.GetUtcNow());
        if (Guid.TryParse(text, out var id))
        {
            people = people.Where(u => u.Id == id);
        }
        else if (text.Length > 0)
        {
            var email = normalizer.NormalizeEmail(text);
            people = people.Where(u => u.NormalizedEmail!.StartsWith(email) || EF.Functions.Like(u.Name, EscapeLike(text) + "%", "\\"));
        }

        if (filter.Role is { } role)
            people = people.Where(u => db.UserRoles.Any(r => r.UserId == u.Id && db.Roles.Any(known => known.Id == r.RoleId && known.Name == role)));
        if (filter.Banned)
            people = people.Where(u => u.BannedUntil > now);
        if (filter.NoSecondFactor)
            people = people.Where(u => !u.TwoFactorEnabled);
        return people;
    }

    /// <summary>Null for an unknown id.</summary>
    public async Task<Person?> FindAsync(Guid id) => (await ReadAsync(db.Users.Where(u => u.Id == id))).SingleOrDefault();

    /// <summary>E-mail addresses by user id; ids of accounts that are gone are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> FindEmailsAsync(IEnumerable<Guid> ids)
    {
        var wanted = ids.Distinct().ToList();
        return await db.Users.Where(u => wanted.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Email!);
    }

    private async Task<IReadOnlyList<Person>> ReadAsync(IQueryable<AppUser> users) => await users
        .AsNoTracking()
        .Select(u => new Person(u.Id, u.Email!, u.Name, u.CreatedAt,
            db.UserRoles.Where(r => r.UserId == u.Id).Join(db.Roles, r => r.RoleId, role => role.Id, (_, role) => role.Name!).OrderBy(name => name).ToList()))
        .ToListAsync();

    private static string EscapeLike(string text) => text.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_");
}

/// <param name="People">In order.</param>
/// <param name="IsCut">Whether more people fit than are listed.</param>
public sealed record PeopleFound(IReadOnlyList<Person> People, bool IsCut);

/// <summary>An account as staff see it.</summary>
public sealed record Person(Guid Id, string Email, string Name, DateTimeOffset CreatedAt, IReadOnlyList<string> Roles)
{
    public bool IsAdmin => Roles.Contains(Accounts.Roles.Admin);
}
