using System.Net;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>Ends and locks other people's sessions. The audit entry is written first; if the act then can't be confirmed, a second one says so.</summary>
public sealed class ForcedSignOut(UserDirectory people, SessionManager sessions, AuditLog audit)
{
    /// <summary>Ends one session of <paramref name="userId"/>.</summary>
    public Task<ForcedSignOutResult> EndOneAsync(StaffMember staff, Guid userId, SessionId id, StaffReason reason) =>
        ActAsync(staff, userId, id, reason, (AuditAction.ForceSignOut, AuditAction.ForceSignOutUnconfirmed),
            async () => await sessions.RevokeAsync(userId, id, reason.Reason, reason.CaseReference) ? 1 : 0);

    /// <summary>Locks one session of <paramref name="userId"/>: its browser has to prove who uses it before it gets any further.</summary>
    public Task<ForcedSignOutResult> LockOneAsync(StaffMember staff, Guid userId, SessionId id, StaffReason reason) =>
        ActAsync(staff, userId, id, reason, (AuditAction.ForceLock, AuditAction.ForceLockUnconfirmed),
            async () => await sessions.LockAsync(userId, id, LockReason.Support) ? 1 : 0);

    /// <summary>Ends every session of <paramref name="userId"/> and refuses sign-ins under way.</summary>
    public Task<ForcedSignOutResult> EndAllAsync(StaffMember staff, Guid userId, StaffReason reason) =>
        ActAsync(staff, userId, null, reason, (AuditAction.ForceSignOutAll, AuditAction.ForceSignOutUnconfirmed), () => sessions.RevokeAllAsync(userId, reason.Reason, reason.CaseReference));

    private async Task<ForcedSignOutResult> ActAsync(
        StaffMember staff, Guid userId, SessionId? id, StaffReason reason, (AuditAction Asked, AuditAction Unconfirmed) actions, Func<Task<int>> act)
    {
        if (await people.FindAsync(userId) is not { } person)
            return new(ForcedSignOutOutcome.UnknownUser);

        var entry = new AuditEntry
        {
            Action = actions.Asked,
            ActorId = staff.UserId,
            SubjectId = userId,
            SessionId = id?.ToString(),
            Address = staff.Address?.ToString(),
            Reason = reason.Reason.ToString(),
            CaseReference = reason.CaseReference,
            Note = reason.Note,
        };
        if (person.IsAdmin && !staff.IsAdmin)
        {
            await audit.AppendAsync(entry with { Action = AuditAction.Refused });
            return new(ForcedSignOutOutcome.NotAllowed);
        }

        await audit.AppendAsync(entry);
        try
        {
            return new(ForcedSignOutOutcome.Done, await act());
        }
        catch (SessionStoreUnavailableException)
        {
            await audit.AppendAsync(entry with { Action = actions.Unconfirmed });
            return new(ForcedSignOutOutcome.Unconfirmed);
        }
    }
}

/// <summary>Who acts, with which rights, from where.</summary>
public sealed record StaffMember(Guid UserId, bool IsAdmin, IPAddress? Address)
{
    public static StaffMember Of(HttpContext context) =>
        new(context.User.GetUserId(), context.User.IsInRole(Roles.Admin), context.Connection.RemoteIpAddress);
}

/// <summary>Why staff act. The reason and the case reference are shown to the person; the note is for staff only.</summary>
/// <param name="Reason">One of <see cref="Allowed"/>.</param>
/// <param name="CaseReference">Not empty, at most <see cref="Revocation.MaxCaseReferenceLength"/> characters.</param>
/// <param name="Note">At most <see cref="AuditEntry.MaxNoteLength"/> characters; required with <see cref="RevocationReason.Other"/>.</param>
public sealed record StaffReason(RevocationReason Reason, string CaseReference, string? Note)
{
    public static readonly IReadOnlyList<RevocationReason> Allowed =
    [
        RevocationReason.ReportedTheft, RevocationReason.SuspiciousActivity, RevocationReason.LeftOrganisation,
        RevocationReason.UserRequest, RevocationReason.Maintenance, RevocationReason.Other,
    ];
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Ended">How many sessions were ended, or locked; 0 when they were already.</param>
public sealed record ForcedSignOutResult(ForcedSignOutOutcome Outcome, int Ended = 0);

public enum ForcedSignOutOutcome
{
    Done,

    /// <summary>The store did not confirm it: some, all or none of the sessions may have ended.</summary>
    Unconfirmed,

    /// <summary>Only an Admin may end an Admin's sessions. Nothing was done.</summary>
    NotAllowed,
    UnknownUser,
}
