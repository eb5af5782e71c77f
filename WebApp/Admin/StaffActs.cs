using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>
/// The way that every act of staff on a person goes: the rules of rank, the audit entry, the act, and a second entry that says how it ended. Without one nobody
/// knows. A refusal is written down, too.
/// </summary>
public sealed partial class StaffActs(UserDirectory people, AuditLog audit, TimeProvider clock, ILogger<StaffActs> logger)
{
    /// <summary>All that goes this way, and so has a receipt.</summary>
    public static readonly IReadOnlySet<AuditAction> Actions = new HashSet<AuditAction>
    {
        AuditAction.ForceSignOut, AuditAction.ForceSignOutSome, AuditAction.ForceSignOutAll, AuditAction.ForceLock, AuditAction.Ban, AuditAction.Unban,
        AuditAction.RequirePasswordReset, AuditAction.SendPasswordReset, AuditAction.RequireSecondFactor, AuditAction.ExcuseSecondFactor, AuditAction.RemoveFactors,
        AuditAction.ResendConfirmation, AuditAction.ChangeRoles, AuditAction.DeleteAccount, AuditAction.RevealAddress,
    };

    /// <summary>Those that end sessions and leave the account.</summary>
    public static readonly IReadOnlySet<AuditAction> Ending = new HashSet<AuditAction>
    {
        AuditAction.ForceSignOut, AuditAction.ForceSignOutSome, AuditAction.ForceSignOutAll, AuditAction.Ban, AuditAction.RequirePasswordReset, AuditAction.RemoveFactors,
    };

    /// <param name="asked">What, by whom, to whom and why.</param>
    /// <param name="act">Does it, given the person as they were. What throws was not done; a store that does not answer leaves it open.</param>
    /// <exception cref="DbUpdateException">The audit log can't be written; nothing was done.</exception>
    public async Task<StaffActResult> RunAsync(StaffAct asked, Func<Person, Task<ActEnd>> act)
    {
        if (await people.FindAsync(asked.UserId) is not { } person)
            return new(StaffActOutcome.UnknownUser);

        var entry = EntryOf(asked);
        if ((Rank.Judge(asked.Staff, person, asked.Action) ?? await JudgeBanAsync(asked, person)) is { } refusal)
        {
            await audit.AppendAsync(entry with { Action = AuditAction.Refused, Details = asked.Action.ToString() });
            return new(StaffActOutcome.NotAllowed) { Refusal = refusal };
        }

        var result = new StaffActResult(StaffActOutcome.Done) { ReceiptId = await audit.AppendAsync(entry) };
        try
        {
            return await ConcludeAsync(entry, result, await act(person));
        }
        catch (SessionStoreUnavailableException) when (asked.Action is AuditAction.RevealAddress or AuditAction.DeleteAccount)
        {
            return await ConcludeAsync(entry, result, ActEnd.Not(ActFailure.StoreDown));
        }
        catch (SessionStoreUnavailableException)
        {
            await NoteAsync(entry with { Action = UnconfirmedOf(asked.Action), Details = null });
            return result with { Outcome = StaffActOutcome.Unconfirmed };
        }
#pragma warning disable CA1031 // It is written down, whatever it was; what is not a fault of the database goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await NoteAsync(entry with { Action = AuditAction.StaffActFailed, Details = ActFailure.Broken.ToString() });
            if (e is not (DbException or DbUpdateException))
                throw;

            LogFailed(e, asked.Action, asked.UserId);
            return result with { Outcome = StaffActOutcome.Failed, Failure = ActFailure.Broken };
        }
    }

    /// <summary>What an Admin has closed Support neither opens nor closes for less. So is a ban whose maker nobody knows any more.</summary>
    private async Task<StaffRefusal?> JudgeBanAsync(StaffAct asked, Person person)
    {
        if (asked.Staff.IsAdmin || asked.Action is not (AuditAction.Ban or AuditAction.Unban) || !(person.BannedUntil > clock.GetUtcNow()))
            return null;

        var maker = (await audit.ListOfSubjectAsync(person.Id, AuditAction.Ban, DateTimeOffset.MinValue, count: 1)) is [{ ActorId: { } id }] ? id : (Guid?)null;
        return maker is { } actor && (actor == asked.Staff.UserId || await people.FindAsync(actor) is { IsAdmin: false }) ? null : StaffRefusal.AdminsBan;
    }

    private async Task<StaffActResult> ConcludeAsync(AuditEntry entry, StaffActResult result, ActEnd end)
    {
        if (end.Failure is { } failure)
        {
            await NoteAsync(entry with { Action = AuditAction.StaffActFailed, Details = failure.ToString() });
            return result with { Outcome = StaffActOutcome.Failed, Failure = failure };
        }

        if (end.Unconfirmed.Count == 0)
            await NoteAsync(DoneOf(entry, result.ReceiptId!.Value));
        foreach (var id in end.Unconfirmed)
            await NoteAsync(entry with { Action = UnconfirmedOf(entry.Action), SessionId = id.ToString(), Details = null });
        return result with { Outcome = end.Unconfirmed.Count > 0 ? StaffActOutcome.Unconfirmed : StaffActOutcome.Done, Ended = end.Ended };
    }

    /// <summary>Who does what and why, on nobody in particular.</summary>
    internal static AuditEntry EntryOf(StaffMember staff, StaffReason reason, AuditAction action) => new()
    {
        Action = action,
        ActorId = staff.UserId,
        Address = staff.Address?.ToString(),
        Device = staff.Device,
        Reason = reason.Reason.ToString(),
        CaseReference = reason.CaseReference,
        Note = reason.Note,
    };

    private static AuditEntry EntryOf(StaffAct asked) => EntryOf(asked.Staff, asked.Reason, asked.Action) with
    {
        SubjectId = asked.UserId,
        SessionId = asked.SessionId?.ToString(),
        Details = asked.Details,
    };

    /// <summary>Nothing personal: the account that it is about may be gone by now, and what was personal in its entries with it.</summary>
    private static AuditEntry DoneOf(AuditEntry act, long receiptId) => new()
    {
        Action = AuditAction.StaffActDone,
        ActorId = act.ActorId,
        SubjectId = act.SubjectId,
        SessionId = act.SessionId,
        Reason = act.Reason,
        CaseReference = act.CaseReference,
        Details = act.Action == AuditAction.DeleteAccount ? null : NameOf(receiptId),
    };

    /// <summary>How an entry names the receipt that it belongs to.</summary>
    internal static string NameOf(long receiptId) => $"receipt {receiptId}";

    private static AuditAction UnconfirmedOf(AuditAction action) => action switch
    {
        AuditAction.ForceLock => AuditAction.ForceLockUnconfirmed,
        _ => AuditAction.ForceSignOutUnconfirmed,
    };

    /// <summary>The act is over: staff hear how it ended, even if that can't be written down. Then the log says so.</summary>
    private async Task NoteAsync(AuditEntry entry)
    {
        try
        {
            await audit.AppendAsync(entry);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or AuditChainException)
        {
            LogNotNoted(e, entry.Action, entry.SubjectId);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What staff asked for, {Action} of user {UserId}, was not done")]
    private partial void LogFailed(Exception e, AuditAction action, Guid userId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit entry {Action} about user {UserId} could not be written, after an act of staff")]
    private partial void LogNotNoted(Exception e, AuditAction action, Guid? userId);
}

/// <summary>What is asked for.</summary>
/// <param name="Action">One of <see cref="StaffActs.Actions"/>.</param>
/// <param name="Staff">Who asks.</param>
/// <param name="UserId">Whom it is done to.</param>
/// <param name="Reason">Why.</param>
public sealed record StaffAct(AuditAction Action, StaffMember Staff, Guid UserId, StaffReason Reason)
{
    /// <summary>The one session it is about; null when it is not about one.</summary>
    public SessionId? SessionId { get; init; }

    /// <summary>What exactly, in words that the person may read; null when the action says it all.</summary>
    public string? Details { get; init; }
}

/// <summary>How an act ended that did not throw.</summary>
/// <param name="Ended">How many sessions it ended, or locked.</param>
public sealed record ActEnd(int Ended = 0)
{
    /// <summary>Why nothing was done; null when it was.</summary>
    public ActFailure? Failure { get; init; }

    /// <summary>Of several sessions those of which the store did not confirm the end.</summary>
    public IReadOnlyList<SessionId> Unconfirmed { get; init; } = [];

    public static ActEnd Not(ActFailure why) => new() { Failure = why };
}

/// <summary>Why an act that was allowed was not done. The names stand in the audit log: never rename one.</summary>
public enum ActFailure
{
    /// <summary>It would leave nobody who is an Admin and can sign in.</summary>
    LastAdmin,

    /// <summary>There was nothing to do, or nothing left.</summary>
    Nothing,

    /// <summary>A link was mailed within the last minute.</summary>
    MailedJustNow,

    /// <summary>No public address is set, so no link can be made.</summary>
    NoSite,

    /// <summary>The account can't be saved as it is, or changed at the same time.</summary>
    Overtaken,

    /// <summary>The session store did not answer. An account that was to be deleted may have lost its sessions.</summary>
    StoreDown,

    /// <summary>The database did not do it. An account that was to be deleted has lost its sessions.</summary>
    Broken,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Ended">How many sessions were ended, or locked; 0 when they were already.</param>
public sealed record StaffActResult(StaffActOutcome Outcome, int Ended = 0)
{
    /// <summary>The id of the audit entry, under which the receipt is; null when nothing was asked for in the end.</summary>
    public long? ReceiptId { get; init; }

    /// <summary>Set with <see cref="StaffActOutcome.NotAllowed"/>.</summary>
    public StaffRefusal? Refusal { get; init; }

    /// <summary>Set with <see cref="StaffActOutcome.Failed"/>.</summary>
    public ActFailure? Failure { get; init; }
}

public enum StaffActOutcome
{
    Done,

    /// <summary>What it changes in the account was done; the store did not confirm which sessions ended: some, all or none.</summary>
    Unconfirmed,

    /// <summary>It was not done.</summary>
    Failed,

    /// <summary>The rules of rank forbid it. Nothing was done.</summary>
    NotAllowed,
    UnknownUser,
}
