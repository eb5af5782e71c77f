using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>
/// The requests, and what staff may do with each. Each step is a conditional update from one state to the next, so of two people who press at once one
/// does it and the other is told. What sets something in motion is written into the audit log before, what stops it after.
/// </summary>
public sealed class BulkRequests(AdminDatabase database, AuditLog audit, IOptions<AdminOptions> options, BulkBell bell, TimeProvider clock)
{
    /// <summary>How long a draft, or a request that waits for approval, is good: later its people would no longer be those who were looked at.</summary>
    public static readonly TimeSpan DraftsKept = TimeSpan.FromDays(1);

    /// <summary>Null for an unknown id.</summary>
    public Task<BulkRequest?> FindAsync(Guid id) => database.ReadAsync(db => db.Requests.SingleOrDefaultAsync(r => r.Id == id));

    /// <summary>Newest first, asked for before <paramref name="before"/> (null: from the newest on).</summary>
    public Task<IReadOnlyList<BulkRequest>> ListAsync(DateTimeOffset? before, int count) => database.ReadAsync<IReadOnlyList<BulkRequest>>(async db => await db.Requests
        .Where(r => before == null || r.AskedAt < before).OrderByDescending(r => r.AskedAt).Take(count).ToListAsync());

    /// <summary>Null for an unknown id.</summary>
    public Task<BulkProgress?> ProgressAsync(Guid id) => database.ReadAsync(async db =>
    {
        if (await db.Requests.SingleOrDefaultAsync(r => r.Id == id) is not { } request)
            return null;

        var rows = await db.Targets.Where(t => t.RequestId == id).GroupBy(t => t.Fate).Select(g => new { g.Key, Count = g.Count() }).ToListAsync();
        var ended = await db.Targets.Where(t => t.RequestId == id && t.Fate == BulkFate.Done).SumAsync(t => t.Ended);
        return new BulkProgress(request, rows.ToDictionary(r => r.Key, r => r.Count), ended);
    });

    /// <summary>The people to look at.</summary>
    public Task<IReadOnlyList<BulkTarget>> SampleAsync(Guid id) => database.ReadAsync<IReadOnlyList<BulkTarget>>(async db => await db.Targets
        .Where(t => t.RequestId == id && t.IsSample).OrderBy(t => t.Position).ToListAsync());

    /// <summary>The first rows that named nobody, or nobody again.</summary>
    public Task<IReadOnlyList<BulkTarget>> UnfoundAsync(Guid id, int count) => database.ReadAsync<IReadOnlyList<BulkTarget>>(async db => await db.Targets
        .Where(t => t.RequestId == id && (t.Fate == BulkFate.Unknown || t.Fate == BulkFate.NotUnderstood || t.Fate == BulkFate.Duplicate))
        .OrderBy(t => t.Position).Take(count).ToListAsync());

    /// <summary>Rows in order, from <paramref name="position"/> on.</summary>
    public Task<IReadOnlyList<BulkTarget>> RowsAsync(Guid id, int position, int count) => database.ReadAsync<IReadOnlyList<BulkTarget>>(async db => await db.Targets
        .Where(t => t.RequestId == id && t.Position >= position).OrderBy(t => t.Position).Take(count).ToListAsync());

    /// <summary>Whether who asks is among the people, and spared or not.</summary>
    public Task<bool> HasAskerAsync(BulkRequest request) => database.ReadAsync(db => db.Targets
        .AnyAsync(t => t.RequestId == request.Id && t.UserId == request.AskedBy && (t.Fate == BulkFate.Spared || t.Fate == BulkFate.Pending)));

    /// <summary>Whether another Admin has to say yes.</summary>
    public bool NeedsApproval(BulkRequest request) => request.Kind == BulkKind.Everyone || request.Staff > 0 || request.People > options.Value.ApprovalThreshold;

    /// <summary>Whether they may hold it up, let it go on and stop it. By rank, as for one person's sessions.</summary>
    public static bool MayAct(StaffMember staff, BulkRequest request) => staff.IsAdmin || (request.Kind == BulkKind.People && request.Admins == 0);

    /// <summary>Whether they may say yes or no to it.</summary>
    public static bool MayDecide(StaffMember staff, BulkRequest request) => staff.IsAdmin && staff.UserId != request.AskedBy;

    public bool IsTooOld(BulkRequest request) => clock.GetUtcNow() - request.AskedAt > DraftsKept;

    /// <summary>Ends, or spares, the sessions of who asks too. Of a draft only.</summary>
    public Task<BulkAnswer> SpareAskerAsync(StaffMember staff, Guid id, bool spared) => StepAsync(id, [BulkState.Draft],
        request => request.AskedBy == staff.UserId ? BulkAnswer.Done : BulkAnswer.NotAllowed,
        async (db, request) =>
        {
            var (from, to) = spared ? (BulkFate.Pending, BulkFate.Spared) : (BulkFate.Spared, BulkFate.Pending);
            var moved = await db.Targets.Where(t => t.RequestId == id && t.UserId == staff.UserId && t.Fate == from).ExecuteUpdateAsync(set => set.SetProperty(t => t.Fate, to));
            var by = spared ? -moved : moved;
            (request.SparesAsker, request.People, request.Staff, request.Admins) = (spared, request.People + by, request.Staff + by, request.Admins + (staff.IsAdmin ? by : 0));
            (request.CountedTo, request.CountedPeople, request.Sessions, request.Active) = (-1, 0, 0, 0);
        });

    /// <summary>Asks for the end of everyone's sessions; another Admin has to approve it. Returns its id; null, which is written down, unless an Admin asks.</summary>
    /// <param name="staff">Who asks.</param>
    /// <param name="spared">A session of theirs that stays; null: none.</param>
    /// <param name="reason">Why.</param>
    public async Task<Guid?> AskForEveryoneAsync(StaffMember staff, SessionId? spared, StaffReason reason)
    {
        var now = clock.GetUtcNow();
        var request = new BulkRequest
        {
            Kind = BulkKind.Everyone,
            State = BulkState.Waiting,
            AskedBy = staff.PersonId,
            AskedAt = now,
            ConfirmedAt = now,
            Reason = reason.Reason,
            CaseReference = reason.CaseReference,
            Note = reason.Note,
            SparesAsker = spared is not null,
            SparedSessionId = spared?.ToString(),
            ToldTo = int.MaxValue,
        };
        await audit.AppendAsync(EntryOf(request, staff.IsAdmin ? AuditAction.BulkRequested : AuditAction.Refused, staff));
        if (!staff.IsAdmin)
            return null;

        await database.WriteAsync(db =>
        {
            db.Add(request);
            return db.SaveChangesAsync();
        });
        return request.Id;
    }

    /// <summary>Who asks has looked at it, and typed how many people it concerns.</summary>
    /// <param name="staff">Only who asked for it.</param>
    /// <param name="id">Of a draft.</param>
    /// <param name="typed">The number.</param>
    /// <param name="site">What links in mail to the people begin with.</param>
    public Task<BulkAnswer> ConfirmAsync(StaffMember staff, Guid id, int typed, Uri site) => AnnouncedAsync(staff, id, AuditAction.BulkRequested, [BulkState.Draft],
        request => request.AskedBy != staff.UserId ? BulkAnswer.NotAllowed
            : IsTooOld(request) ? BulkAnswer.TooOld
            : request.People == 0 || typed != request.People ? BulkAnswer.WrongNumber
            : BulkAnswer.Done,
        request =>
        {
            (request.ConfirmedAt, request.Site) = (clock.GetUtcNow(), site.ToString());
            if (NeedsApproval(request))
                request.State = BulkState.Waiting;
            else
                Hold(request);
        });

    /// <summary>An Admin other than who asks says yes.</summary>
    public Task<BulkAnswer> ApproveAsync(StaffMember staff, Guid id) => AnnouncedAsync(staff, id, AuditAction.BulkApproved, [BulkState.Waiting],
        request => !MayDecide(staff, request) ? BulkAnswer.NotAllowed : IsTooOld(request) ? BulkAnswer.TooOld : BulkAnswer.Done,
        request =>
        {
            (request.DecidedBy, request.DecidedAt) = (staff.UserId, clock.GetUtcNow());
            Hold(request);
        });

    /// <summary>An Admin other than who asks says no.</summary>
    public Task<BulkAnswer> RefuseAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkRefused, [BulkState.Waiting],
        request => MayDecide(staff, request),
        request =>
        {
            var now = clock.GetUtcNow();
            (request.State, request.DecidedBy, request.DecidedAt, request.EndedAt) = (BulkState.Refused, staff.UserId, now, now);
        });

    public Task<BulkAnswer> PauseAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkPaused, [BulkState.Holding, BulkState.Running],
        request => MayAct(staff, request), request => request.State = BulkState.Paused);

    /// <summary>Where nothing has ended yet, it holds anew.</summary>
    public Task<BulkAnswer> ResumeAsync(StaffMember staff, Guid id) => AnnouncedAsync(staff, id, AuditAction.BulkResumed, [BulkState.Paused],
        request => MayAct(staff, request) ? BulkAnswer.Done : BulkAnswer.NotAllowed,
        request =>
        {
            request.Trouble = BulkTrouble.None;
            if (request.StartedAt is null)
                Hold(request);
            else
                request.State = BulkState.Running;
        });

    /// <summary>For good: what is done stays done, the rest is not done.</summary>
    public Task<BulkAnswer> StopAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkStopped,
        [BulkState.Waiting, BulkState.Holding, BulkState.Running, BulkState.Paused],
        request => MayAct(staff, request) || request.AskedBy == staff.UserId,
        request => (request.State, request.EndedAt) = (BulkState.Stopped, clock.GetUtcNow()));

    /// <summary>Throws a draft away.</summary>
    public async Task<BulkAnswer> DiscardAsync(StaffMember staff, Guid id)
    {
        var answer = await StepAsync(id, [BulkState.Draft], request => request.AskedBy == staff.UserId ? BulkAnswer.Done : BulkAnswer.NotAllowed, (_, request) =>
        {
            (request.State, request.EndedAt) = (BulkState.Stopped, clock.GetUtcNow());
            return Task.CompletedTask;
        });
        if (answer == BulkAnswer.Done)
            await BulkSweeper.RemoveAsync(database, id);
        return answer;
    }

    internal static AuditEntry EntryOf(BulkRequest request, AuditAction action, string details, StaffMember? staff = null) => new()
    {
        Action = action,
        ActorId = staff?.UserId,
        Address = staff?.Address?.ToString(),
        Reason = request.Reason.ToString(),
        CaseReference = request.CaseReference,
        Details = $"request {request.Id}: {details}",
        Note = request.Note,
    };

    private static AuditEntry EntryOf(BulkRequest request, AuditAction action, StaffMember staff) => EntryOf(request, action,
        request.Kind == BulkKind.Everyone ? "everyone's sessions" : $"sessions of {request.People} people, {request.Staff} of them staff", staff);

    private void Hold(BulkRequest request) => (request.State, request.HoldUntil) = (BulkState.Holding, clock.GetUtcNow() + options.Value.BulkHold);

    /// <summary>The audit entry first, then the step.</summary>
    private async Task<BulkAnswer> AnnouncedAsync(
        StaffMember staff, Guid id, AuditAction action, BulkState[] from, Func<BulkRequest, BulkAnswer> judge, Action<BulkRequest> step)
    {
        if (await FindAsync(id) is not { } request)
            return BulkAnswer.Unknown;

        var answer = from.Contains(request.State) ? judge(request) : BulkAnswer.Changed;
        if (answer == BulkAnswer.NotAllowed)
            await audit.AppendAsync(EntryOf(request, AuditAction.Refused, staff));
        if (answer != BulkAnswer.Done)
            return answer;

        await audit.AppendAsync(EntryOf(request, action, staff));
        return await StepAsync(id, from, judge, (_, changed) =>
        {
            step(changed);
            return Task.CompletedTask;
        });
    }

    /// <summary>The step first: a brake works whether or not it can be written down. Then the audit entry.</summary>
    private async Task<BulkAnswer> NotedAsync(
        StaffMember staff, Guid id, AuditAction action, BulkState[] from, Func<BulkRequest, bool> may, Action<BulkRequest> step)
    {
        var answer = await StepAsync(id, from, request => may(request) ? BulkAnswer.Done : BulkAnswer.NotAllowed, (_, request) =>
        {
            step(request);
            return Task.CompletedTask;
        });
        if (answer is BulkAnswer.Done or BulkAnswer.NotAllowed && await FindAsync(id) is { } request)
            await audit.AppendAsync(EntryOf(request, answer == BulkAnswer.Done ? action : AuditAction.Refused, staff));
        return answer;
    }

    private async Task<BulkAnswer> StepAsync(Guid id, BulkState[] from, Func<BulkRequest, BulkAnswer> judge, Func<AdminDbContext, BulkRequest, Task> step)
    {
        var answer = await database.WriteAsync(async db =>
        {
            // Takes the row's lock, so that what is read next is what is changed, on a database with more than one writer too.
            await db.Requests.Where(r => r.Id == id).ExecuteUpdateAsync(set => set.SetProperty(r => r.Kind, r => r.Kind));
            if (await db.Requests.SingleOrDefaultAsync(r => r.Id == id) is not { } request)
                return BulkAnswer.Unknown;
            if (!from.Contains(request.State))
                return BulkAnswer.Changed;
            if (judge(request) is not BulkAnswer.Done and var refused)
                return refused;

            await step(db, request);
            await db.SaveChangesAsync();
            return BulkAnswer.Done;
        });
        bell.Ring();
        return answer;
    }
}

public enum BulkAnswer
{
    Done,

    /// <summary>There is no such request.</summary>
    Unknown,

    /// <summary>It was in another state: somebody else was faster.</summary>
    Changed,

    /// <summary>They may not. It was written down.</summary>
    NotAllowed,

    WrongNumber,

    /// <summary>See <see cref="BulkRequests.DraftsKept"/>.</summary>
    TooOld,
}
