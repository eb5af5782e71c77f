using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>
/// The requests, and what staff may do with each. Each step is a conditional update from one state to the next, so of two people who press at once one
/// does it and the other is told. What sets something in motion is written into the audit log before, what stops it after.
/// </summary>
public sealed class BulkRequests(
    AdminDatabase database, IServiceScopeFactory scopes, AuditLog audit, IOptions<AdminOptions> options, BulkBell bell, TimeProvider clock)
{
    /// <summary>How long a draft, or a request that waits for approval, is good: later its people would no longer be those who were looked at.</summary>
    public static readonly TimeSpan DraftsKept = TimeSpan.FromDays(1);

    /// <summary>For how long people who were signed out count towards <see cref="AdminOptions.ApprovalThreshold"/>.</summary>
    public static readonly TimeSpan CountedFor = TimeSpan.FromDays(1);

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

    /// <summary>How many people they have had signed out in the last <see cref="CountedFor"/>, or are about to, that no Admin approved.</summary>
    public Task<int> CountUnapprovedAsync(Guid asker) => database.ReadAsync(db => CountUnapprovedAsync(db, asker));

    /// <summary>Whether another Admin has to say yes.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="unapproved">See <see cref="CountUnapprovedAsync(Guid)"/>: a long list is no other for being cut in pieces.</param>
    public bool NeedsApproval(BulkRequest request, int unapproved) =>
        request.Kind == BulkKind.Everyone || request.Staff > 0 || request.People + unapproved > options.Value.ApprovalThreshold;

    /// <summary>
    /// Whether they may pause and stop it: an Admin, and who asked for it; others only what no Admin asked for or approved, and what is about no Admin. What
    /// waits for approval is its asker's to withdraw.
    /// </summary>
    public static bool MayHoldUp(StaffMember staff, BulkRequest request) => staff.IsAdmin || staff.UserId == request.AskedBy
        || request is { Kind: BulkKind.People, Admins: 0, AskerIsAdmin: false, DecidedBy: null, State: not BulkState.Waiting };

    /// <summary>Whether they may let it go on: what an Admin paused, only an Admin.</summary>
    public static bool MayResume(StaffMember staff, BulkRequest request) => staff.IsAdmin || (MayHoldUp(staff, request) && request.Trouble != BulkTrouble.PausedByAdmin);

    /// <summary>Whether they may say yes or no to it.</summary>
    public static bool MayDecide(StaffMember staff, BulkRequest request) => staff.IsAdmin && staff.UserId != request.AskedBy;

    /// <summary>Whether its people were chosen too long ago to begin with them.</summary>
    public bool IsTooOld(BulkRequest request) => request.StartedAt is null && clock.GetUtcNow() - request.AskedAt > DraftsKept;

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
            AskerIsAdmin = staff.IsAdmin,
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
    public async Task<BulkAnswer> ConfirmAsync(StaffMember staff, Guid id, int typed, Uri site)
    {
        await HaveStaffComeAsync(id);
        return await AnnouncedAsync(staff, id, AuditAction.BulkRequested, [BulkState.Draft],
            request => request.AskedBy != staff.UserId ? BulkAnswer.NotAllowed
                : IsTooOld(request) ? BulkAnswer.TooOld
                : request.People == 0 || typed != request.People ? BulkAnswer.WrongNumber
                : BulkAnswer.Done,
            async (db, request) =>
            {
                // Of two that are confirmed at once, the second has to find the first.
                await db.Requests.Where(r => r.AskedBy == request.AskedBy && r.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(r => r.Kind, r => r.Kind));
                (request.ConfirmedAt, request.Site) = (clock.GetUtcNow(), site.ToString());
                if (NeedsApproval(request, await CountUnapprovedAsync(db, request.AskedBy)))
                    request.State = BulkState.Waiting;
                else
                    Hold(request);
            });
    }

    /// <summary>An Admin other than who asks says yes. <see cref="BulkAnswer.Changed"/> when there are staff among the people by now whom the page did not tell of.</summary>
    public async Task<BulkAnswer> ApproveAsync(StaffMember staff, Guid id) => await HaveStaffComeAsync(id) ? BulkAnswer.Changed : await AnnouncedAsync(
        staff, id, AuditAction.BulkApproved, [BulkState.Waiting],
        request => !MayDecide(staff, request) ? BulkAnswer.NotAllowed : IsTooOld(request) ? BulkAnswer.TooOld : BulkAnswer.Done,
        (_, request) =>
        {
            (request.DecidedBy, request.DecidedAt) = (staff.UserId, clock.GetUtcNow());
            Hold(request);
            return Task.CompletedTask;
        });

    /// <summary>An Admin other than who asks says no.</summary>
    public Task<BulkAnswer> RefuseAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkRefused, [BulkState.Waiting],
        request => MayDecide(staff, request) ? BulkAnswer.Done : BulkAnswer.NotAllowed,
        request =>
        {
            var now = clock.GetUtcNow();
            (request.State, request.DecidedBy, request.DecidedAt, request.EndedAt) = (BulkState.Refused, staff.UserId, now, now);
        });

    public Task<BulkAnswer> PauseAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkPaused, [BulkState.Holding, BulkState.Running],
        request => JudgeBrake(staff, request),
        request => (request.State, request.Trouble) = (BulkState.Paused, staff.IsAdmin ? BulkTrouble.PausedByAdmin : BulkTrouble.None));

    /// <summary>Where nothing has ended yet, it holds anew.</summary>
    public Task<BulkAnswer> ResumeAsync(StaffMember staff, Guid id) => AnnouncedAsync(staff, id, AuditAction.BulkResumed, [BulkState.Paused],
        request => !MayResume(staff, request) ? BulkAnswer.NotAllowed : IsTooOld(request) ? BulkAnswer.TooOld : BulkAnswer.Done,
        (_, request) =>
        {
            request.Trouble = BulkTrouble.None;
            if (request.StartedAt is null)
                Hold(request);
            else
                request.State = BulkState.Running;
            return Task.CompletedTask;
        });

    /// <summary>For good: what is done stays done, the rest is not done.</summary>
    public Task<BulkAnswer> StopAsync(StaffMember staff, Guid id) => NotedAsync(staff, id, AuditAction.BulkStopped,
        [BulkState.Waiting, BulkState.Holding, BulkState.Running, BulkState.Paused],
        request => JudgeBrake(staff, request),
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
        ActorId = staff?.UserId ?? request.AskedBy,
        Address = staff?.Address?.ToString(),
        Device = staff?.Device,
        Reason = request.Reason.ToString(),
        CaseReference = request.CaseReference,
        Details = Cut($"request {request.Id}: {details}"),
        Note = request.Note,
    };

    /// <summary>What staff typed to find people may be long.</summary>
    private static string Cut(string details) => details.Length <= AuditEntry.MaxDetailsLength ? details
        : details[..(AuditEntry.MaxDetailsLength - (char.IsHighSurrogate(details[AuditEntry.MaxDetailsLength - 1]) ? 1 : 0))];

    private static AuditEntry EntryOf(BulkRequest request, AuditAction action, StaffMember staff) => EntryOf(request, action,
        request.Kind == BulkKind.Everyone ? "everyone's sessions" : $"sessions of {request.People} people, {request.Staff} of them staff", staff);

    private async Task<int> CountUnapprovedAsync(AdminDbContext db, Guid asker)
    {
        var since = clock.GetUtcNow() - CountedFor;
        return await db.Requests
            .Where(r => r.AskedBy == asker && r.HoldUntil != null && r.DecidedBy == null && (r.EndedAt == null || r.EndedAt > since))
            .Where(r => r.State != BulkState.Stopped || r.StartedAt != null).SumAsync(r => r.People);
    }

    /// <summary>Looks again who of the people is staff, while that can still change what has to be approved; true when there are more than before.</summary>
    private async Task<bool> HaveStaffComeAsync(Guid id)
    {
        await using var scope = scopes.CreateAsyncScope();
        var roles = await scope.ServiceProvider.GetRequiredService<StaffRoles>().AllAsync();
        var ids = roles.Keys.ToList();
        return await database.WriteAsync(async db =>
        {
            if (await db.Requests.SingleOrDefaultAsync(r => r.Id == id && (r.State == BulkState.Draft || r.State == BulkState.Waiting)) is not { Kind: BulkKind.People } request)
                return false;

            var staff = await db.Targets.Where(t => t.RequestId == id && t.Fate == BulkFate.Pending && ids.Contains(t.UserId!.Value)).Select(t => t.UserId!.Value).ToListAsync();
            var admins = staff.Count(one => roles[one] == Roles.Admin);
            var haveCome = staff.Count > request.Staff || admins > request.Admins;
            (request.Staff, request.Admins) = (staff.Count, admins);
            await db.SaveChangesAsync();
            return haveCome;
        });
    }

    /// <summary>What was tried on everyone can't be held up any more.</summary>
    private static BulkAnswer JudgeBrake(StaffMember staff, BulkRequest request) =>
        !MayHoldUp(staff, request) ? BulkAnswer.NotAllowed : request.TriedAt is not null ? BulkAnswer.Changed : BulkAnswer.Done;

    private void Hold(BulkRequest request) => (request.State, request.HoldUntil) = (BulkState.Holding, clock.GetUtcNow() + options.Value.BulkHold);

    /// <summary>The audit entry first, then the step, and a second entry if it was not done.</summary>
    private async Task<BulkAnswer> AnnouncedAsync(
        StaffMember staff, Guid id, AuditAction action, BulkState[] from, Func<BulkRequest, BulkAnswer> judge, Func<AdminDbContext, BulkRequest, Task> step)
    {
        if (await FindAsync(id) is not { } request)
            return BulkAnswer.Unknown;

        var answer = from.Contains(request.State) ? judge(request) : BulkAnswer.Changed;
        if (answer == BulkAnswer.NotAllowed)
            await audit.AppendAsync(EntryOf(request, AuditAction.Refused, staff));
        if (answer != BulkAnswer.Done)
            return answer;

        await audit.AppendAsync(EntryOf(request, action, staff));
        answer = BulkAnswer.Changed;
        try
        {
            return answer = await StepAsync(id, from, judge, step);
        }
        finally
        {
            if (answer != BulkAnswer.Done)
                await audit.AppendAsync(EntryOf(request, AuditAction.StaffActFailed, action.ToString(), staff));
        }
    }

    /// <summary>The step first: a brake works whether or not it can be written down. Then the audit entry.</summary>
    private async Task<BulkAnswer> NotedAsync(
        StaffMember staff, Guid id, AuditAction action, BulkState[] from, Func<BulkRequest, BulkAnswer> judge, Action<BulkRequest> step)
    {
        var answer = await StepAsync(id, from, judge, (_, request) =>
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
