using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using WebApp.Accounts;

namespace WebApp.Admin.Bulk;

/// <summary>Finds the people of a request, and keeps them as a draft to look at: the number that is confirmed is that of the people who were shown.</summary>
public sealed class BulkDrafts(AdminDatabase database, AppDbContext accounts, UserDirectory people, StaffRoles roles, ILookupNormalizer normalizer, BulkCounter counter, BulkBell bell, TimeProvider clock)
{
    public const int SampleSize = 20;

    /// <summary>How many rows go into the database at once: everybody else who writes waits for them.</summary>
    private const int Batch = 500;

    /// <param name="staff">Who asks.</param>
    /// <param name="filter">Whom it fits, they are.</param>
    /// <param name="picked">The filter in words; at most <see cref="BulkRequest.MaxPickedLength"/> characters.</param>
    /// <param name="reason">Why.</param>
    public async Task<BulkDraft> OfFilterAsync(StaffMember staff, UserFilter filter, string picked, StaffReason reason)
    {
        var found = await people.Matching(filter).OrderBy(u => u.Id).Select(u => u.Id).Take(PeopleList.MaxRows + 1).ToListAsync();
        if (found.Count > PeopleList.MaxRows)
            return new(BulkDraftProblem.TooMany);

        return await KeepAsync(staff, picked, reason, rows: 0, [.. found.Select((id, position) => new Choice(null, id, BulkFate.Pending, null, null))]);
    }

    /// <param name="staff">Who asks.</param>
    /// <param name="list">The list.</param>
    /// <param name="picked">Where the list is from, in words.</param>
    /// <param name="column">Which column names the people, as it was answered; null before it was asked. See
    /// <see cref="ListShape.Choose"/>.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="UnreadableListException">The list is not taken.</exception>
    public async Task<BulkDraft> OfListAsync(
        StaffMember staff, PeopleList list, string picked, string? column, StaffReason reason)
    {
        var shape = await list.LookAsync();
        if (shape.Columns.Count == 0)
            return new(BulkDraftProblem.Empty);
        if (shape.Choose(column) is not { } columns)
            return new(BulkDraftProblem.WhichColumn) { Columns = shape.Columns };

        var (choices, seen) = (new List<Choice>(), new Dictionary<Guid, int>());
        await foreach (var rows in list.ReadAsync(shape, columns).Chunk(Batch))
        {
            if (choices.Count + rows.Length > PeopleList.MaxRows)
                return new(BulkDraftProblem.TooMany);

            var ids = await FindAsync(rows);
            foreach (var row in rows)
            {
                if (row.Key is null)
                    choices.Add(new(row.Row, null, BulkFate.NotUnderstood, row.Text, null));
                else if (!ids.TryGetValue(KeyOf(row), out var id))
                    choices.Add(new(row.Row, null, BulkFate.Unknown, row.Text, null));
                else if (seen.TryAdd(id, row.Row))
                    choices.Add(new(row.Row, id, BulkFate.Pending, null, null));
                else
                    choices.Add(new(row.Row, id, BulkFate.Duplicate, null, seen[id]));
            }
        }

        return await KeepAsync(staff, picked + shape.Describe(columns), reason, choices.Count, choices);
    }

    private object KeyOf(ListedPerson row) => row.Key as string is { } email ? normalizer.NormalizeEmail(email) : row.Key!;

    /// <summary>User ids by normalized address, and by themselves.</summary>
    private async Task<Dictionary<object, Guid>> FindAsync(ListedPerson[] rows)
    {
        var keys = rows.Where(row => row.Key is not null).Select(KeyOf).Distinct().ToList();
        var (emails, ids) = (keys.OfType<string>().ToList(), keys.OfType<Guid>().ToList());
        var byEmail = await accounts.Users.Where(u => emails.Contains(u.NormalizedEmail!)).Select(u => new { u.Id, u.NormalizedEmail }).ToListAsync();
        var byId = ids.Count == 0 ? [] : await accounts.Users.Where(u => ids.Contains(u.Id)).Select(u => u.Id).ToListAsync();
        var found = byId.ToDictionary(id => (object)id, id => id);
        foreach (var user in byEmail)
            found.Add(user.NormalizedEmail!, user.Id);
        return found;
    }

    private async Task<BulkDraft> KeepAsync(StaffMember staff, string picked, StaffReason reason, int rows, List<Choice> choices)
    {
        if (choices.Count == 0)
            return new(BulkDraftProblem.NobodyFits);

        var request = new BulkRequest
        {
            Picked = picked,
            AskedBy = staff.PersonId,
            AskerIsAdmin = staff.IsAdmin,
            AskedAt = clock.GetUtcNow(),
            Reason = reason.Reason,
            CaseReference = reason.CaseReference,
            Note = reason.Note,
            Rows = rows,
        };
        var targets = Judge(staff, request.Id, choices, await roles.AllAsync());
        await database.WriteAsync(db =>
        {
            db.Add(request);
            return db.SaveChangesAsync();
        });
        try
        {
            foreach (var some in targets.Chunk(Batch))
                await database.WriteAsync(db => InsertAsync(db, some));
            await CompleteAsync(request, targets);
        }
        catch (Exception e) when (e is DbUpdateException or DbException)
        {
            await BulkSweeper.RemoveAsync(database, request.Id);
            throw;
        }

        await counter.CountSomeAsync(request.Id);
        bell.Ring();
        return new(request.Id);
    }

    private static List<BulkTarget> Judge(StaffMember staff, Guid requestId, List<Choice> choices, IReadOnlyDictionary<Guid, string> roles)
    {
        var fates = choices.ConvertAll(choice => choice is not { Fate: BulkFate.Pending, UserId: { } id } ? choice.Fate
            : id == staff.UserId ? BulkFate.Spared
            : roles.GetValueOrDefault(id) == Roles.Admin && !staff.IsAdmin ? BulkFate.NotAllowed
            : BulkFate.Pending);
        var samples = SampleOf(fates);
        return [.. choices.Select((choice, position) => new BulkTarget
        {
            RequestId = requestId,
            Position = position,
            Row = choice.Row,
            UserId = choice.UserId,
            Fate = fates[position],
            Text = choice.Text,
            SameAs = choice.SameAs,
            Role = choice.UserId is { } id ? roles.GetValueOrDefault(id) : null,
            IsSample = samples.Contains(position),
        })];
    }

    /// <summary>Spread evenly over the list: its beginning alone may be all alike.</summary>
    private static HashSet<int> SampleOf(List<BulkFate> fates)
    {
        List<int> chosen = [.. Enumerable.Range(0, fates.Count).Where(position => fates[position] == BulkFate.Pending)];
        var size = Math.Min(SampleSize, chosen.Count);
        return [.. Enumerable.Range(0, size).Select(number => chosen[(int)((long)number * chosen.Count / size)])];
    }

    /// <summary>Until then it is for nobody, and can't be confirmed.</summary>
    private Task<int> CompleteAsync(BulkRequest request, List<BulkTarget> targets)
    {
        var chosen = targets.Where(t => t.Fate == BulkFate.Pending).ToList();
        var (staff, admins) = (chosen.Count(t => t.Role is not null), chosen.Count(t => t.Role == Roles.Admin));
        return database.WriteAsync(db => db.Requests.Where(r => r.Id == request.Id).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.People, chosen.Count).SetProperty(r => r.Staff, staff).SetProperty(r => r.Admins, admins)));
    }

    /// <summary>By hand: EF Core takes ten times as long to track what nobody looks at again.</summary>
    private static async Task<int> InsertAsync(AdminDbContext db, BulkTarget[] targets)
    {
        await using var insert = db.Database.GetDbConnection().CreateCommand();
        insert.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        insert.CommandText = """
            INSERT INTO "BulkTargets" ("RequestId", "Position", "Row", "UserId", "Fate", "Text", "SameAs", "Role", "IsSample", "Failures", "Ended")
            VALUES (@request, @position, @row, @user, @fate, @text, @same, @role, @sample, 0, 0)
            """;
        foreach (var name in new[] { "@request", "@position", "@row", "@user", "@fate", "@text", "@same", "@role", "@sample" })
        {
            var parameter = insert.CreateParameter();
            parameter.ParameterName = name;
            insert.Parameters.Add(parameter);
        }

        foreach (var target in targets)
        {
            object?[] values = [target.RequestId, target.Position, target.Row, target.UserId, (int)target.Fate, target.Text, target.SameAs, target.Role, target.IsSample];
            for (var i = 0; i < values.Length; i++)
                insert.Parameters[i].Value = values[i] ?? DBNull.Value;
            await insert.ExecuteNonQueryAsync();
        }

        return targets.Length;
    }

    private sealed record Choice(int? Row, Guid? UserId, BulkFate Fate, string? Text, int? SameAs);
}

/// <param name="Problem">Why there is no draft.</param>
public sealed record BulkDraft(BulkDraftProblem Problem)
{
    public BulkDraft(Guid id)
        : this(BulkDraftProblem.None) => Id = id;

    /// <summary>Empty when there is a problem.</summary>
    public Guid Id { get; }

    /// <summary>Those to choose from, with <see cref="BulkDraftProblem.WhichColumn"/>.</summary>
    public IReadOnlyList<ListColumn> Columns { get; init; } = [];
}

public enum BulkDraftProblem
{
    None,

    /// <summary>More than <see cref="PeopleList.MaxRows"/>.</summary>
    TooMany,

    /// <summary>The list names nobody by address or id.</summary>
    Empty,

    /// <summary>Several columns name people, and not the same ones: it has to be asked for.</summary>
    WhichColumn,

    NobodyFits,
}
