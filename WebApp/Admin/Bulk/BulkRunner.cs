using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Works through the people of a request, a slice at a time. Each is claimed in the database, with the moment of the end, before it is tried, and recorded
/// after. What an instance that died left in between is done over for the same moment, so nobody's later sign-in is ended, and the audit log tells
/// whether it had been announced.
/// </summary>
internal sealed partial class BulkRunner(
    AdminDatabase database, BulkLeases leases, IServiceScopeFactory scopes, SessionManager sessions, AuditLog audit, TimeProvider clock, ILogger<BulkRunner> logger)
{
    /// <summary>How often an end that the store did not confirm is tried, though it answers otherwise.</summary>
    public const int MaxTries = 3;

    private const int MaxEntriesLooked = 20;

    /// <summary>What is to be done for people, in the order of the list, with those first that were begun before.</summary>
    /// <param name="request">One that runs.</param>
    /// <param name="most">How many people at most.</param>
    /// <returns>How many people were worked on; 0 when nothing could be done, or the request is over.</returns>
    public async Task<int> RunSliceAsync(BulkRequest request, int most)
    {
        if (request.TriedAt is not null)
        {
            await EndEveryoneAsync(request);
            return 0;
        }

        await using var scope = scopes.CreateAsyncScope();
        if (await JudgeStaffAsync(request, scope.ServiceProvider) is not { } askersRole)
            return 0;

        if (!await StoreAnswersAsync(request))
        {
            await SetTroubleAsync(request, BulkTrouble.Store);
            return 0;
        }

        if (request.Kind == BulkKind.Everyone)
        {
            await EndEveryoneAsync(request);
            return 0;
        }

        await SetTroubleAsync(request, BulkTrouble.None);
        if (await ClaimAsync(request, most) is not { } claimed)
            return 0;

        if (claimed.Count == 0)
        {
            await FinishAsync(request);
            return 0;
        }

        await ActAsync(request, claimed, askersRole == Roles.Admin, scope.ServiceProvider);
        await RecordAsync(request, claimed);
        return claimed.Count;
    }

    /// <summary>Whether those who asked for it and approved it still may. If not, it is held up.</summary>
    public async Task<bool> IsUpheldAsync(BulkRequest request)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await JudgeStaffAsync(request, scope.ServiceProvider) is not null;
    }

    /// <summary>Pauses it, and says why.</summary>
    public async Task HoldUpAsync(BulkRequest request, BulkTrouble trouble)
    {
        var held = await database.WriteAsync(db => db.Requests.Where(r => r.Id == request.Id && (r.State == BulkState.Running || r.State == BulkState.Holding))
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.State, BulkState.Paused).SetProperty(r => r.Trouble, trouble)));
        if (held == 1 && trouble != BulkTrouble.AuditLog)
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.BulkPaused, trouble == BulkTrouble.NotApproved ? "by the app: who approved it may no longer" : "by the app: who asked for it may no longer") with { ActorId = null });
    }

    /// <summary>The role of who asked for it; null when they, or who approved it, no longer may. Then it is held up.</summary>
    private async Task<string?> JudgeStaffAsync(BulkRequest request, IServiceProvider services)
    {
        var staff = await services.GetRequiredService<StaffRoles>().ActiveOfAsync(new[] { request.AskedBy, request.DecidedBy }.OfType<Guid>());
        var role = staff.GetValueOrDefault(request.AskedBy);
        if (role is null || (request.Kind == BulkKind.Everyone && role != Roles.Admin))
            await HoldUpAsync(request, BulkTrouble.AskerIsNoStaff);
        else if (request.DecidedBy is { } approver && staff.GetValueOrDefault(approver) != Roles.Admin)
            await HoldUpAsync(request, BulkTrouble.NotApproved);
        else
            return role;
        return null;
    }

    /// <summary>One look, so that nobody is claimed whose turn would fail.</summary>
    private async Task<bool> StoreAnswersAsync(BulkRequest request)
    {
        try
        {
            await sessions.ListAsync(request.AskedBy);
            return true;
        }
        catch (SessionStoreUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Null when this instance, or the request, has been stopped; empty when nobody is left.</summary>
    private async Task<List<Claim>?> ClaimAsync(BulkRequest request, int most)
    {
        var begun = await database.ReadAsync(db => Begun(db, request.Id).OrderBy(t => t.Position).Take(most).ToListAsync());
        var announced = new HashSet<int>();
        foreach (var target in begun)
        {
            if (await IsAnnouncedAsync(request, target))
                announced.Add(target.Position);
        }

        var now = clock.GetUtcMilliseconds();
        return await database.WriteAsync(async db =>
        {
            if (!await leases.RenewAsync(db) || !await db.Requests.AnyAsync(r => r.Id == request.Id && r.State == BulkState.Running))
                return null;

            var targets = await Begun(db, request.Id).OrderBy(t => t.Position).Take(most).ToListAsync();
            if (targets.Count == 0)
                targets = await db.Targets.Where(t => t.RequestId == request.Id && t.Fate == BulkFate.Pending).OrderBy(t => t.Position).Take(most).ToListAsync();
            foreach (var target in targets)
            {
                // Of what was not announced nothing was done: its moment is yet to come.
                target.At = announced.Contains(target.Position) ? target.At : now;
                target.Fate = BulkFate.Started;
            }

            await db.SaveChangesAsync();
            return targets.ConvertAll(target => new Claim(target, IsRepeated: announced.Contains(target.Position)));
        });
    }

    /// <summary>Begun before, by this instance or another, and not known to be done.</summary>
    private static IQueryable<BulkTarget> Begun(AdminDbContext db, Guid requestId) => db.Targets
        .Where(t => t.RequestId == requestId && (t.Fate == BulkFate.Started || (t.Fate == BulkFate.Unconfirmed && t.Failures < MaxTries)));

    private async Task<bool> IsAnnouncedAsync(BulkRequest request, BulkTarget target)
    {
        var entries = await audit.ListOfSubjectAsync(target.UserId!.Value, AuditAction.ForceSignOutAll, request.AskedAt, MaxEntriesLooked);
        return entries.Any(entry => entry.Details == DetailsOf(request));
    }

    private async Task ActAsync(BulkRequest request, List<Claim> claimed, bool byAdmin, IServiceProvider services)
    {
        var ids = claimed.ConvertAll(claim => claim.Target.UserId!.Value);
        var known = await services.GetRequiredService<AppDbContext>().Users.Where(u => ids.Contains(u.Id)).Select(u => u.Id).ToListAsync();
        var roles = await services.GetRequiredService<StaffRoles>().OfAsync(ids);
        foreach (var claim in claimed)
        {
            var id = claim.Target.UserId!.Value;
            try
            {
                claim.Target.Fate = !known.Contains(id) ? BulkFate.Gone
                    : roles.GetValueOrDefault(id) == Roles.Admin && !byAdmin ? await RefuseAsync(request, id)
                    : await EndAsync(request, claim);
            }
            catch (SessionStoreUnavailableException)
            {
                claim.Target.Fate = BulkFate.Unconfirmed;
                claim.Target.Failures++;
                await audit.AppendAsync(EntryOf(request, id, AuditAction.ForceSignOutUnconfirmed));
                // The store is down: whose turn has not come waits. They were not announced, so their moment is yet to come.
                foreach (var waiting in claimed.Where(other => other.Target.Fate == BulkFate.Started && !other.IsRepeated))
                    waiting.Target.Fate = BulkFate.Pending;
                return;
            }
            catch (Exception e) when (e is not System.Data.Common.DbException and not DbUpdateException and not AuditChainException)
            {
                LogFailed(e, request.Id, id);
                claim.Target.Failures++;
                claim.Target.Fate = claim.Target.Failures < MaxTries ? BulkFate.Unconfirmed : BulkFate.Failed;
            }
        }
    }

    private async Task<BulkFate> RefuseAsync(BulkRequest request, Guid userId)
    {
        await audit.AppendAsync(EntryOf(request, userId, AuditAction.Refused));
        return BulkFate.NotAllowed;
    }

    private async Task<BulkFate> EndAsync(BulkRequest request, Claim claim)
    {
        var id = claim.Target.UserId!.Value;
        var revocation = new Revocation(claim.Target.At!.Value, request.Reason, request.CaseReference);
        if (!claim.IsRepeated)
            await audit.AppendAsync(EntryOf(request, id, AuditAction.ForceSignOutAll));
        // Perhaps this instance hung, and another has done it meanwhile: who has signed in since stays.
        claim.Target.Ended = await sessions.RevokeAllAsync(id, revocation, request.AskedBy);
        return BulkFate.Done;
    }

    /// <summary>Nothing, if the lease was lost: whoever has it does these people over, for the same moment.</summary>
    private Task<int> RecordAsync(BulkRequest request, List<Claim> claimed) => database.WriteAsync(async db =>
    {
        if (!await leases.RenewAsync(db))
            return 0;

        foreach (var claim in claimed)
            db.Attach(claim.Target).State = EntityState.Modified;
        return await db.SaveChangesAsync();
    });

    /// <summary>
    /// Once, and not over: it can't be told apart from what people signed in for since. If the instance dies while it is at it, nobody claims that it was done.
    /// </summary>
    private async Task EndEveryoneAsync(BulkRequest request)
    {
        var now = clock.GetUtcNow();
        var isFirst = await database.WriteAsync(async db => await leases.RenewAsync(db) && await db.Requests
            .Where(r => r.Id == request.Id && r.State == BulkState.Running && r.TriedAt == null).ExecuteUpdateAsync(set => set.SetProperty(r => r.TriedAt, now)) == 1);
        if (isFirst)
            await AnnounceEveryoneAsync(request);
        if (isFirst && await TryEndEveryoneAsync(request))
        {
            if (await EndRequestAsync(request, BulkTrouble.None))
                await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.BulkFinished, "everyone's sessions ended"));
        }
        else if (await EndRequestAsync(request, BulkTrouble.NotConfirmed))
        {
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.ForceSignOutUnconfirmed, "everyone's sessions"));
        }
    }

    /// <summary>Everybody reads it in their history, so it is written when nothing can hold up the attempt any more. If it can't be written, nothing was tried.</summary>
    private async Task AnnounceEveryoneAsync(BulkRequest request)
    {
        try
        {
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.ForceSignOutEveryone, "everyone's sessions"));
        }
        catch
        {
            await database.WriteAsync(db => db.Requests.Where(r => r.Id == request.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.TriedAt, (DateTimeOffset?)null)));
            throw;
        }
    }

    private async Task<bool> TryEndEveryoneAsync(BulkRequest request)
    {
        try
        {
            await sessions.EndEveryoneAsync(request.Reason, request.CaseReference, request.SparedSession);
            return true;
        }
        catch (SessionStoreUnavailableException)
        {
            return false;
        }
    }

    private async Task<bool> EndRequestAsync(BulkRequest request, BulkTrouble trouble)
    {
        var now = clock.GetUtcNow();
        return await database.WriteAsync(async db => await leases.RenewAsync(db) && await db.Requests
            .Where(r => r.Id == request.Id && r.State == BulkState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.State, BulkState.Done).SetProperty(r => r.EndedAt, now).SetProperty(r => r.Trouble, trouble)) == 1);
    }

    private async Task FinishAsync(BulkRequest request)
    {
        if (!await EndRequestAsync(request, BulkTrouble.None))
            return;

        var (people, ended) = await database.ReadAsync(async db =>
        {
            var done = db.Targets.Where(t => t.RequestId == request.Id && t.Fate == BulkFate.Done);
            return (await done.CountAsync(), await done.SumAsync(t => t.Ended));
        });
        await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.BulkFinished, $"{people} of {request.People} people done, {ended} sessions ended"));
    }

    private async Task SetTroubleAsync(BulkRequest request, BulkTrouble trouble)
    {
        if (request.Trouble != trouble)
        {
            await database.WriteAsync(db => db.Requests.Where(r => r.Id == request.Id && r.State == BulkState.Running)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Trouble, trouble)));
        }
    }

    private static string DetailsOf(BulkRequest request) => $"in bulk, request {request.Id}";

    private static AuditEntry EntryOf(BulkRequest request, Guid userId, AuditAction action) => new()
    {
        Action = action,
        ActorId = request.AskedBy,
        SubjectId = userId,
        Reason = request.Reason.ToString(),
        CaseReference = request.CaseReference,
        Details = DetailsOf(request),
        Note = request.Note,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Bulk request {RequestId} could not end the sessions of user {UserId}")]
    private partial void LogFailed(Exception exception, Guid requestId, Guid userId);

    /// <param name="Target">As it is stored.</param>
    /// <param name="IsRepeated">Whether it was announced before, so that all of it may have happened.</param>
    private sealed record Claim(BulkTarget Target, bool IsRepeated);
}
