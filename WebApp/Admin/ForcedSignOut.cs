using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>Ends and locks other people's sessions.</summary>
public sealed class ForcedSignOut(StaffActs acts, SessionManager sessions, AuditLog audit)
{
    /// <summary>Ends one session of <paramref name="userId"/>.</summary>
    public Task<StaffActResult> EndOneAsync(StaffMember staff, Guid userId, SessionId id, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ForceSignOut, staff, userId, reason) { SessionId = id },
            async _ => new(await sessions.RevokeAsync(userId, id, reason.Reason, reason.CaseReference, staff.UserId) ? 1 : 0));

    /// <summary>Ends some sessions of <paramref name="userId"/>. Of each that the store does not confirm an entry says so.</summary>
    public Task<StaffActResult> EndSomeAsync(StaffMember staff, Guid userId, IReadOnlyCollection<SessionId> ids, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ForceSignOutSome, staff, userId, reason) { Details = ids.Count == 1 ? "1 session" : $"{ids.Count} sessions" }, async _ =>
        {
            var (ended, unconfirmed) = (0, new List<SessionId>());
            foreach (var id in ids)
            {
                try
                {
                    ended += await sessions.RevokeAsync(userId, id, reason.Reason, reason.CaseReference, staff.UserId) ? 1 : 0;
                }
                catch (SessionStoreUnavailableException)
                {
                    unconfirmed.Add(id);
                }
            }

            return new(ended) { Unconfirmed = unconfirmed };
        });

    /// <summary>Locks one session of <paramref name="userId"/>: its browser has to prove who uses it before it gets any further.</summary>
    public Task<StaffActResult> LockOneAsync(StaffMember staff, Guid userId, SessionId id, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ForceLock, staff, userId, reason) { SessionId = id },
            async _ => new(await sessions.LockAsync(userId, id, LockReason.Support) ? 1 : 0));

    /// <summary>Ends every session of <paramref name="userId"/> and refuses sign-ins under way.</summary>
    public Task<StaffActResult> EndAllAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        acts.RunAsync(new(AuditAction.ForceSignOutAll, staff, userId, reason),
            async _ => new(await sessions.RevokeAllAsync(userId, reason.Reason, reason.CaseReference, staff.UserId)));

    /// <summary>
    /// Ends everyone's sessions at once, as an operator may. False when the store did not confirm it. (Staff ask for it in bulk, for another Admin to approve.)
    /// </summary>
    public async Task<bool> EndEveryoneAsync(StaffMember operatorWhoAsks, StaffReason reason)
    {
        var entry = StaffActs.EntryOf(operatorWhoAsks, reason, AuditAction.ForceSignOutEveryone) with { Details = "everyone's sessions" };
        await audit.AppendAsync(entry);
        try
        {
            await sessions.EndEveryoneAsync(reason.Reason, reason.CaseReference, spared: null);
        }
        catch (SessionStoreUnavailableException)
        {
            await audit.AppendAsync(entry with { Action = AuditAction.ForceSignOutUnconfirmed });
            return false;
        }

        await audit.AppendAsync(entry with { Action = AuditAction.BulkFinished, Details = "everyone's sessions ended" });
        return true;
    }
}
