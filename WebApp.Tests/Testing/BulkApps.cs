using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>The app with its embedded store, for bulk requests: as fast as they may be.</summary>
public class BulkApp : TestApp
{
    public BulkApp() => Settings["Admin:BulkPace"] = "1000";
}

/// <summary>The same on a real Redis.</summary>
public sealed class BulkRedisApp : BulkApp, IAsyncLifetime
{
    public RedisServer Redis { get; } = new();

    public async Task InitializeAsync()
    {
        await Redis.InitializeAsync();
        Settings["ConnectionStrings:Redis"] = Redis.ConnectionString;
        await UntilReadyAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>What bulk requests are tried on, behind the pages.</summary>
public static class BulkScene
{
    public static readonly TimeSpan Hold = new AdminOptions().BulkHold;

    public static readonly StaffReason Reason = new(RevocationReason.SuspiciousActivity, "INC-7", "A note.");

    /// <summary>Accounts without passwords, put straight into the database.</summary>
    public static async Task<IReadOnlyList<AppUser>> NewPeopleAsync(this TestApp app, int count)
    {
        List<AppUser> people = [.. Enumerable.Range(0, count).Select(_ => $"{Guid.NewGuid():N}@example.com").Select(email => new AppUser
        {
            UserName = email,
            NormalizedUserName = email.ToUpperInvariant(),
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            EmailConfirmed = true,
            Name = "Someone",
            CreatedAt = app.Clock.GetUtcNow(),
            SecurityStamp = Guid.NewGuid().ToString(),
        })];
        await app.InRequestAsync<AppDbContext>(async db =>
        {
            db.Users.AddRange(people);
            await db.SaveChangesAsync();
        });
        return people;
    }

    public static async Task<SessionId> NewSessionAsync(this TestApp app, Guid userId)
    {
        var store = app.Services.GetRequiredService<IUserSessionStore>();
        var session = Samples.Session(app.Clock.GetUtcNow(), userId);
        Assert.NotNull(await store.AddAsync(session, await store.GetGenerationAsync(userId)));
        return session.Id;
    }

    public static async Task<int> LiveSessionsAsync(this TestApp app, Guid userId) =>
        (await app.Services.GetRequiredService<SessionManager>().ListAsync(userId)).Live.Count;

    public static async Task<StaffMember> StaffAsync(this TestApp app, string email = "ada@example.com") =>
        new(await app.UserIdAsync(email), IsAdmin: email.StartsWith("ada@", StringComparison.Ordinal), null);

    public static Task<BulkDraft> DraftAsync(this TestApp app, StaffMember staff, string list) =>
        app.InRequestAsync<BulkDrafts, BulkDraft>(
            drafts => drafts.OfListAsync(staff, new(() => new StringReader(list)), "A list", column: null, Reason));

    public static Task<BulkDraft> DraftAsync(this TestApp app, StaffMember staff, IEnumerable<AppUser> people) =>
        app.DraftAsync(staff, string.Join('\n', people.Select(p => p.Email)));

    /// <summary>Confirmed, and not yet begun: the clock has to be moved past the hold.</summary>
    public static async Task<Guid> ConfirmedAsync(this TestApp app, StaffMember staff, IReadOnlyCollection<AppUser> people)
    {
        var draft = await app.DraftAsync(staff, people);
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ConfirmAsync(staff, draft.Id, people.Count, new("https://localhost")));
        return draft.Id;
    }

    public static BulkRequests Bulk(this TestApp app) => app.Services.GetRequiredService<BulkRequests>();

    public static async Task<BulkProgress> BulkAsync(this TestApp app, Guid id) => (await app.Bulk().ProgressAsync(id))!;

    public static Task UntilAsync(this TestApp app, Guid id, BulkState state) =>
        Eventually.TrueAsync(async () => (await app.BulkAsync(id)).Request.State == state, $"the request is {state}");
}
