using Microsoft.EntityFrameworkCore;

namespace WebApp.Sessions.Sql;

/// <summary>Finds and counts sessions over all users, for staff.</summary>
/// <remarks>
/// With a filter it looks among the newest sessions first, in the order of their index: those are a page full of what is common. What is rare is then found
/// by an index of the filter's own columns, and sorted. So no index of theirs has to be moved in with every use of a session.
/// </remarks>
internal static class SqlSessionSearch
{
    private const int Newest = 5000;
    private const int Browsers = 16;
    private const int Systems = 8;

    /// <summary>All of them: "not null" would be no reason for SQLite to look into the column's index.</summary>
    private static readonly LockReason[] LockReasons = Enum.GetValues<LockReason>();

    public static async Task<List<SessionRow>> FindAsync(SessionsDbContext db, SessionFilter filter, SessionCursor? after, int count, DateTimeOffset now)
    {
        if (filter == new SessionFilter())
            return await InOrder(After(Live(db, now), after)).Take(count).ToListAsync();

        // Tombstones are not among the live ones, but those of possible theft are few.
        if (filter.State == SessionState.Flagged)
            return await InOrder(After(Matching(Flagged(db, now), filter), after)).Take(count).ToListAsync();

        var newest = await InOrder(Matching(InOrder(After(Live(db, now), after)).Take(Newest), filter)).Take(count).ToListAsync();
        if (newest.Count == count)
            return newest;

        // Unordered and without a limit to speak of: it keeps SQLite from beginning with another part of the filter.
        var rarest = await RarestAsync(db, filter, now);
        return await InOrder(After(Matching(Matching(Live(db, now), rarest).Take(int.MaxValue), filter), after)).Take(count).ToListAsync();
    }

    /// <summary>The part of the filter that fewest sessions fit: what all fit is no way in.</summary>
    private static async Task<SessionFilter> RarestAsync(SessionsDbContext db, SessionFilter filter, DateTimeOffset now)
    {
        // Country, method and device have indexes together.
        SessionFilter[] parts = [new() { Addresses = filter.Addresses }, new() { Country = filter.Country, Method = filter.Method, Device = filter.Device }, new() { State = filter.State }];
        var (rarest, fewest) = (filter, Newest + 1);
        foreach (var part in parts.Where(part => part != new SessionFilter()))
        {
            if (await Matching(Live(db, now), part).Take(fewest).CountAsync() is var count && count < fewest)
                (rarest, fewest) = (part, count);
        }

        return rarest;
    }

    public static async Task<SessionCounts> CountAsync(SessionsDbContext db, DateTimeOffset now) => new(
        await Live(db, now).LongCountAsync(),
        await Live(db, now).LongCountAsync(s => LockReasons.Contains(s.LockReason!.Value)),
        await Flagged(db, now).LongCountAsync());

    public static Task<List<SessionRow>> FindByIdPrefixAsync(SessionsDbContext db, string prefix, int count, DateTimeOffset now)
    {
        var (first, last) = (SessionId.Parse(prefix.PadRight(2 * SessionId.Size, '0'), null), SessionId.Parse(prefix.PadRight(2 * SessionId.Size, 'f'), null));
        return InOrder(Live(db, now).Where(s => s.Id >= first && s.Id <= last).Take(int.MaxValue)).Take(count).ToListAsync();
    }

    private static IQueryable<SessionRow> Live(SessionsDbContext db, DateTimeOffset now)
    {
        var present = SessionEpochs.Number(db);
        return db.Sessions.AsNoTracking().Where(s => s.RevokedAt == null && s.KeepUntil > now && s.Epoch == present.FirstOrDefault());
    }

    /// <summary>See <see cref="UserSession.IsFlagged"/>.</summary>
    private static IQueryable<SessionRow> Flagged(SessionsDbContext db, DateTimeOffset now)
    {
        var present = SessionEpochs.Number(db);
        return db.Sessions.AsNoTracking().Where(s => s.KeepUntil > now
            && ((s.RevokedAt == null && s.LockReason >= LockReason.OldSecret && s.Epoch == present.FirstOrDefault()) || s.RevocationReason == RevocationReason.PossibleTheft));
    }

    private static IQueryable<SessionRow> InOrder(IQueryable<SessionRow> sessions) => sessions.OrderByDescending(s => s.LastSeenAt).ThenByDescending(s => s.Id);

    private static IQueryable<SessionRow> After(IQueryable<SessionRow> sessions, SessionCursor? after)
    {
        if (after is not { } cursor)
            return sessions;

        // The first condition says nothing that the second does not, but an index can begin there.
        var (at, id) = (cursor.LastSeenAt, cursor.Id);
        return sessions.Where(s => s.LastSeenAt <= at && (s.LastSeenAt < at || s.Id < id));
    }

    private static IQueryable<SessionRow> Matching(IQueryable<SessionRow> sessions, SessionFilter filter)
    {
        if (filter.Addresses is { } addresses)
        {
            var (first, last) = (SessionRow.KeyOf(addresses.First)!, SessionRow.KeyOf(addresses.Last)!);
            sessions = sessions.Where(s => s.LastAddressKey!.CompareTo(first) >= 0 && s.LastAddressKey!.CompareTo(last) <= 0);
        }

        if (filter.Country is { } country)
            sessions = sessions.Where(s => s.Country == country);
        if (filter.Method is { } method)
            sessions = sessions.Where(s => s.SignInMethod == method);
        if (filter.Device != default)
        {
            var families = FamiliesOf(filter.Device);
            sessions = sessions.Where(s => families.Contains(s.Family));
        }

        return filter.State == SessionState.Locked ? sessions.Where(s => LockReasons.Contains(s.LockReason!.Value)) : sessions;
    }

    /// <summary>Browser and system are one number in the database: a wish for one of them is a list.</summary>
    private static List<BrowserFamily> FamiliesOf(BrowserFamily wanted) =>
    [
        .. from browser in wanted.Browser == 0 ? Enumerable.Range(0, Browsers) : [wanted.Browser]
           from system in wanted.System == 0 ? Enumerable.Range(0, Systems) : [wanted.System]
           select new BrowserFamily((byte)browser, (byte)system),
    ];
}
