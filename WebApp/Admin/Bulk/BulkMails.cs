using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;
using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>Has a person mailed that their sessions were ended, behind any request.</summary>
/// <param name="userId">Whose sessions they were.</param>
/// <param name="revocation">When and why.</param>
/// <param name="site">What links in the mail begin with.</param>
public delegate Task TellOfEnd(Guid userId, Revocation revocation, Uri site);

/// <summary>
/// Mails the people whose sessions a request ended. Sessions end faster than a mail server takes mail, and neither may
/// wait for the other: so mail goes into the queue only while it is less than half full, and how far it got is kept in
/// the database.
/// </summary>
internal sealed class BulkMails(AdminDatabase database, BulkLeases leases, MailQueue mails, TellOfEnd tell)
{
    private const int Batch = 20;

    /// <summary>Some of those who are to be told; how many were.</summary>
    public async Task<int> TellSomeAsync(BulkRequest request)
    {
        if (request.Site is null || !await mails.HasRoomAsync())
            return 0;

        var (people, to) = await database.ReadAsync(db => NextAsync(db, request));
        foreach (var person in people)
            await tell(person.UserId!.Value, new(person.At!.Value, request.Reason, request.CaseReference), new(request.Site));

        // How far it got counts only what no crash can take away.
        await mails.SaveAsync();
        if (to != request.ToldTo)
            await database.WriteAsync(async db => await leases.RenewAsync(db)
                ? await db.Requests.Where(r => r.Id == request.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.ToldTo, to)) : 0);
        return people.Count;
    }

    /// <summary>In the order of the list, up to the first person who is not done.</summary>
    private static async Task<(List<BulkTarget> People, int To)> NextAsync(AdminDbContext db, BulkRequest request)
    {
        var targets = db.Targets.Where(t => t.RequestId == request.Id && t.Position > request.ToldTo);
        var undone = request.IsOver ? null : await targets
            .Where(t => t.Fate == BulkFate.Pending || t.Fate == BulkFate.Started || (t.Fate == BulkFate.Unconfirmed && t.Failures < BulkRunner.MaxTries))
            .MinAsync(t => (int?)t.Position);
        var people = await targets.Where(t => t.Fate == BulkFate.Done && t.Ended > 0 && (undone == null || t.Position < undone))
            .OrderBy(t => t.Position).Take(Batch).ToListAsync();
        var to = people.Count == Batch ? people[^1].Position
            : undone is { } first ? first - 1
            : request.IsOver ? int.MaxValue
            // Nobody is left; the next look finds it over.
            : people.Count > 0 ? people[^1].Position : request.ToldTo;
        return (people, to);
    }
}
