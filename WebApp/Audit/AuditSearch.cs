using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>
/// How a filter is read so that it stays fast in a log of millions. SQLite has no figures of how often a value occurs, and where two conditions are set it
/// may take the index that helps least; so it is told which one. A span of time becomes a span of ids first, which is the order of the list.
/// </summary>
internal static class AuditSearch
{
    /// <summary>In no order.</summary>
    public static async Task<IQueryable<AuditRow>> FindAsync(AuditDbContext db, AuditFilter filter)
    {
        var rows = Matching(Source(db, filter), filter);
        if (filter.From is { } from)
        {
            // No entry that is old enough: the id after the last.
            var first = await ByTime(db).Where(e => e.At >= from).MinAsync(e => (long?)e.Id) ?? long.MaxValue;
            rows = rows.Where(e => e.Id >= first && e.At >= from);
        }

        if (filter.To is { } to)
        {
            var last = await ByTime(db).Where(e => e.At < to).MaxAsync(e => (long?)e.Id) ?? 0;
            rows = rows.Where(e => e.Id <= last && e.At < to);
        }

        return rows;
    }

    private static IQueryable<AuditRow> Matching(IQueryable<AuditRow> rows, AuditFilter filter)
    {
        if (filter.SessionId is { } session)
            rows = rows.Where(e => e.SessionId == session);
        if (filter.CaseReference is { } caseReference)
            rows = rows.Where(e => e.CaseReference == caseReference);
        if (filter.SubjectId is { } subject)
            rows = rows.Where(e => e.SubjectId == subject);
        if (filter.ActorId is { } actor)
            rows = rows.Where(e => e.ActorId == actor);
        if (filter.Reason is { } reason)
            rows = rows.Where(e => e.Reason == reason);
        if (filter.Action is { } action)
            rows = rows.Where(e => e.Action == action);
        return rows;
    }

    /// <summary>All entries, to be read by the index of the filter's condition that leaves the fewest; the condition itself is not in it yet.</summary>
    public static IQueryable<AuditRow> Source(AuditDbContext db, AuditFilter filter) => !db.Database.IsSqlite() ? db.Entries : db.Entries.FromSqlRaw(filter switch
    {
        { SessionId: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_SessionId_Id\"",
        { CaseReference: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_CaseReference_Id\"",
        { SubjectId: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_SubjectId_Id\"",
        { ActorId: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_ActorId_Id\"",
        { Reason: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_Reason_Id\"",
        { Action: not null } => "SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_Action_Id\"",
        _ => "SELECT * FROM \"AuditLog\" NOT INDEXED",
    });

    private static IQueryable<AuditRow> ByTime(AuditDbContext db) => !db.Database.IsSqlite() ? db.Entries : db.Entries.FromSqlRaw("SELECT * FROM \"AuditLog\" INDEXED BY \"IX_AuditLog_At\"");
}
