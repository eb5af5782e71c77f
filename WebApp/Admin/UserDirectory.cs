using System.Globalization;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Texts;

namespace WebApp.Admin;

/// <summary>Finds people for staff, by the beginning of what is known of them. Every search goes by an index, however many accounts there are.</summary>
public sealed class UserDirectory(AppDbContext db, ILookupNormalizer normalizer, TimeProvider clock)
{
    /// <summary>How many people a page of a search has.</summary>
    public const int PageSize = 50;

    /// <summary>As many hexadecimal digits make the beginning of an id, of a user or of a session: fewer are a name or an address.</summary>
    public const int ShortestIdPrefix = 8;

    private const int DigitsOfId = 32;

    /// <summary>Behind every text that begins with the same words: the last character there is.</summary>
    private static readonly string Last = char.ConvertFromUtf32(0x10FFFF);

    /// <summary>The people that fit the filter, by e-mail address, a page of them.</summary>
    /// <param name="filter">Whom to look for.</param>
    /// <param name="after">Where the page before ended (<see cref="PeopleFound.Next"/>); null for the first.</param>
    /// <param name="owners">Whose sessions have an id that begins with the text: they fit, too. Null: nobody's.</param>
    public async Task<PeopleFound> SearchAsync(UserFilter filter, string? after = null, IReadOnlyCollection<Guid>? owners = null)
    {
        var people = Limited(filter, db.Users.AsNoTracking());
        var ways = WaysToFit(filter.Text);
        if (owners is { Count: > 0 })
            ways.Add(u => owners.Contains(u.Id));
        // Each way of fitting by an index of its own, and no more of each than the page has room for. But for the first, which is by address, the order must not
        // tempt the database: it would walk along the index of addresses until it had found enough, which is never where few fit.
        var pages = ways.Select((fits, way) => (way == 0
            ? people.Where(u => string.Compare(u.NormalizedEmail, after ?? "") > 0).Where(fits).OrderBy(u => u.NormalizedEmail)
            : people.Where(u => string.Compare(u.NormalizedEmail + "", after ?? "") > 0).Where(fits).OrderBy(u => u.NormalizedEmail + "")).Take(PageSize + 1)).ToList();
        var found = await ReadAsync(pages.Count == 1 ? pages[0] : pages.Aggregate((all, one) => all.Union(one)).OrderBy(u => u.NormalizedEmail).Take(PageSize + 1));
        return new([.. found.Take(PageSize)], found.Count > PageSize ? found[PageSize - 1].NormalizedEmail : null);
    }

    /// <summary>The accounts that fit the filter, in no order.</summary>
    public IQueryable<AppUser> Matching(UserFilter filter) =>
        WaysToFit(filter.Text).Select(fits => Limited(filter, db.Users.AsNoTracking()).Where(fits)).Aggregate((all, one) => all.Union(one));

    /// <summary>Null for an unknown id.</summary>
    public async Task<Person?> FindAsync(Guid id) => (await ReadAsync(db.Users.Where(u => u.Id == id))).SingleOrDefault();

    /// <summary>Null for an address that has no account.</summary>
    public async Task<Person?> FindByEmailAsync(string email)
    {
        var normalized = normalizer.NormalizeEmail(email);
        return (await ReadAsync(db.Users.Where(u => u.NormalizedEmail == normalized))).SingleOrDefault();
    }

    /// <summary>E-mail addresses by user id; ids of accounts that are gone are missing.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> FindEmailsAsync(IEnumerable<Guid> ids)
    {
        var wanted = ids.Distinct().ToList();
        return await db.Users.Where(u => wanted.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Email!);
    }

    private IQueryable<AppUser> Limited(UserFilter filter, IQueryable<AppUser> people)
    {
        var now = clock.GetUtcNow();
        if (filter.Role is { } role)
        {
            var normalized = normalizer.NormalizeName(role);
            var members = db.UserRoles.Where(r => db.Roles.Any(known => known.Id == r.RoleId && known.NormalizedName == normalized)).Select(r => r.UserId);
            people = people.Where(u => members.Contains(u.Id));
        }

        if (filter.Banned)
            people = people.Where(u => u.BannedUntil > now);
        if (filter.NoSecondFactor)
            people = people.Where(u => !u.TwoFactorEnabled);
        return people;
    }

    /// <summary>
    /// As ranges, from the text to the last one that begins with it. LIKE, which is what a search for a beginning becomes otherwise, does not go by the index.
    /// </summary>
    private List<Expression<Func<AppUser, bool>>> WaysToFit(string? typed)
    {
        var text = ShownText.Of(typed);
        if (text.Length == 0)
            return [_ => true];
        if (Guid.TryParse(text, CultureInfo.InvariantCulture, out var id))
            return [u => u.Id == id];

        var (email, name) = (normalizer.NormalizeEmail(text), AppUser.NormalizeName(text));
        var (lastEmail, lastName) = (email + Last, name + Last);
        List<Expression<Func<AppUser, bool>>> ways =
        [
            u => string.Compare(u.NormalizedEmail, email) >= 0 && string.Compare(u.NormalizedEmail, lastEmail) < 0,
            u => string.Compare(u.NormalizedName, name) >= 0 && string.Compare(u.NormalizedName, lastName) < 0,
        ];
        if (IdsThatBegin(text) is var (first, last))
            ways.Add(u => u.Id >= first && u.Id <= last);
        return ways;
    }

    private static (Guid First, Guid Last)? IdsThatBegin(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= ShortestIdPrefix and <= DigitsOfId && digits.All(char.IsAsciiHexDigit)
            ? (Guid.Parse(digits.PadRight(DigitsOfId, '0')), Guid.Parse(digits.PadRight(DigitsOfId, 'f')))
            : null;
    }

    private async Task<IReadOnlyList<Person>> ReadAsync(IQueryable<AppUser> users) => await users
        .AsNoTracking()
        .Select(u => new Person(u.Id, u.Email!, u.Name, u.CreatedAt,
            db.UserRoles.Where(r => r.UserId == u.Id).Join(db.Roles, r => r.RoleId, role => role.Id, (_, role) => role.Name!).OrderBy(name => name).ToList())
        {
            NormalizedEmail = u.NormalizedEmail!,
            EmailConfirmed = u.EmailConfirmed,
            HasSecondFactor = u.TwoFactorEnabled,
            SecondFactorRequired = u.SecondFactorRequired,
            BannedUntil = u.BannedUntil,
            MustResetPassword = u.SignInBlocked,
        })
        .ToListAsync();
}

/// <param name="People">In order.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record PeopleFound(IReadOnlyList<Person> People, string? Next);

/// <summary>An account as staff see it.</summary>
public sealed record Person(Guid Id, string Email, string Name, DateTimeOffset CreatedAt, IReadOnlyList<string> Roles)
{
    public bool IsAdmin => Roles.Contains(Accounts.Roles.Admin);

    /// <summary>What lists of people are in the order of.</summary>
    internal string NormalizedEmail { get; init; } = "";

    public bool EmailConfirmed { get; init; }

    public bool HasSecondFactor { get; init; }

    /// <summary>Staff asked for one; the person's roles may, too.</summary>
    public bool SecondFactorRequired { get; init; }

    /// <summary>UTC; null when never banned, or unbanned. It may be over.</summary>
    public DateTimeOffset? BannedUntil { get; init; }

    /// <summary>The end of time, as far as the database counts it.</summary>
    public bool IsBannedForGood => BannedUntil?.ToUnixTimeMilliseconds() == DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Nobody signs in before the password is reset by mail.</summary>
    public bool MustResetPassword { get; init; }
}
