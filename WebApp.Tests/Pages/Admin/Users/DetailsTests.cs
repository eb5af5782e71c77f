using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin.Users;

public abstract class DetailsTests(TestApp app) : IAsyncLifetime
{
    private Browser _person = null!;
    private Browser _staff = null!;
    private Guid _id;
    private string _path = "";

    public async Task InitializeAsync()
    {
        _person = await app.NewUserAsync();
        _staff = await app.SignedInAsync("sam@example.com");
        _id = await app.UserIdAsync(_person.Email);
        _path = $"/admin/users/{_id}";
    }

    [Fact]
    public async Task It_shows_the_person_and_where_they_are_signed_in()
    {
        using var phone = app.NewBrowser(Browser.Safari);
        await phone.SignInAsync(_person.Email);

        var page = await _staff.GetAsync(_path);

        Assert.Contains($"{_person.Email} Name Someone Member since {app.Clock.GetUtcNow():d MMMM yyyy} Roles None Second factor No User id {_id}", page.Text);
        Assert.Equal(["Firefox on Windows", "Safari on iOS"], page.Document.QuerySelectorAll("[data-session-id] h3").Select(h => h.TextContent).Order());
        Assert.Empty(page.Document.QuerySelectorAll("[data-session-id][aria-current]"));
    }

    [Fact]
    public async Task One_session_is_ended_and_the_other_stays()
    {
        using var phone = app.NewBrowser(Browser.Safari);
        var phoneId = (await phone.SignInAsync(_person.Email)).CurrentSessionId;
        var page = await _staff.GetAsync(_path);

        page = await Fill(page).PressAsync("End session", $"[data-session-id='{phoneId}']");

        Assert.Contains("Done. 1 session ended.", page.Text);
        Assert.StartsWith("/admin/receipts/", page.Address.AbsolutePath, StringComparison.Ordinal);
        page = await page.FollowLinkAsync("Back to the person");
        Assert.Contains("Recently ended Safari on iOS Ended by support just now: suspicious activity. Case CASE-7.", page.Text);
        Assert.Single(page.SessionIds);
        Assert.Contains("Support ended this session, just now.", (await phone.GetAsync("/account")).Text);
        Assert.Single((await _person.GetAsync("/account/sessions")).SessionIds);
    }

    [Fact]
    public async Task All_sessions_are_ended_and_the_person_is_told_who_at_once_and_why_after_signing_in_but_never_the_note()
    {
        using var phone = app.NewBrowser(Browser.Safari);
        await phone.SignInAsync(_person.Email);

        var page = await Fill(await _staff.GetAsync(_path), note: "caller's voice was odd").PressAsync("End all 2 sessions");

        Assert.Contains("Done. 2 sessions ended.", page.Text);
        Assert.Contains("Not signed in anywhere.", (await page.FollowLinkAsync("Back to the person")).Text);
        var before = await _person.GetAsync("/account/sessions");
        Assert.Equal("/account/login", before.Address.AbsolutePath);
        Assert.Contains("Support ended this session, just now.", before.Text);
        Assert.Contains("Sign in to see why.", before.Text);
        Assert.DoesNotContain("CASE-7", before.Body);
        Assert.DoesNotContain("suspicious", before.Body);
        var after = await _person.SignInAsync(_person.Email);
        Assert.Contains("Ended by support just now: suspicious activity. Case CASE-7.", after.Text);
        Assert.DoesNotContain("voice", after.Body);
        Assert.Contains("caller's voice was odd", (await _staff.GetAsync("/admin/audit")).Text);
    }

    [Fact]
    public async Task Of_the_sessions_those_that_are_ticked_are_ended_and_the_others_stay()
    {
        using Browser phone = app.NewBrowser(Browser.Safari), tablet = app.NewBrowser(Browser.Safari);
        var (one, two) = ((await phone.SignInAsync(_person.Email)).CurrentSessionId, (await tablet.SignInAsync(_person.Email)).CurrentSessionId);
        var page = await _staff.GetAsync(_path);
        Assert.Equal(3, page.Document.QuerySelectorAll("[data-session-id] input[type=checkbox][form=force]").Length);

        var fields = new List<(string, string)> { ("__RequestVerificationToken", page.AntiforgeryToken), ("ids", one), ("ids", two), ("ids", "nonsense"), ("reason", "ReportedTheft"), ("caseReference", "CASE-8") };
        var receipt = await _staff.FollowAsync(await _staff.PostAsync($"{_path}?handler=ForceSignOutSome", [.. fields]));

        Assert.Contains("Done. 2 sessions ended.", receipt.Text);
        Assert.Contains("What exactly 2 sessions", receipt.Text);
        Assert.Contains(one, receipt.Text);
        Assert.Single((await _person.GetAsync("/account/sessions")).SessionIds);
        Assert.Contains("Support ended this session, just now.", (await tablet.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task Without_a_tick_nothing_is_ended_and_nothing_that_was_typed_is_lost()
    {
        using var phone = app.NewBrowser(Browser.Safari);
        await phone.SignInAsync(_person.Email);

        var page = await Fill(await _staff.GetAsync(_path)).PressAsync("End those ticked below");

        Assert.Contains("Tick the sessions to end, below.", page.Text);
        Assert.Equal("CASE-7", page.Document.QuerySelector("[name=caseReference]")!.GetAttribute("value"));
        Assert.Equal(2, page.SessionIds.Count);
    }

    [Theory]
    [InlineData("", "CASE-7", "", "Choose a reason.")]
    [InlineData("SignedOut", "CASE-7", "", "Choose a reason.")]
    [InlineData("Unreadable", "CASE-7", "", "Choose a reason.")]
    [InlineData("99", "CASE-7", "", "Choose a reason.")]
    [InlineData("Nonsense", "CASE-7", "", "Choose a reason.")]
    [InlineData("Maintenance", "", "", "Enter the case reference.")]
    [InlineData("Maintenance", "   ", "", "Enter the case reference.")]
    [InlineData("Other", "CASE-7", "", "Say in the note what the other reason is.")]
    [InlineData("Other", "CASE-7", "   ", "Say in the note what the other reason is.")]
    public async Task Without_a_reason_and_a_case_nothing_is_ended(string reason, string caseReference, string note, string message)
    {
        var form = await _staff.GetAsync(_path);

        foreach (var handler in new[] { "ForceSignOut", "ForceSignOutAll" })
        {
            var answer = await _staff.PostAsync($"{_path}?handler={handler}", ("__RequestVerificationToken", form.AntiforgeryToken),
                ("id", form.SessionIds.Single()), ("reason", reason), ("caseReference", caseReference), ("note", note));

            Assert.Contains(message, answer.Document.QuerySelector("[role=alert]")!.TextContent);
        }

        Assert.Single((await _person.GetAsync("/account/sessions")).SessionIds);
        Assert.DoesNotContain(await AuditAsync(), e => e.Action is AuditAction.ForceSignOut or AuditAction.ForceSignOutAll);
    }

    [Theory]
    [InlineData(65, 1, "The case reference can have at most 64 characters.")]
    [InlineData(64, 501, "The note can have at most 500 characters.")]
    public async Task Over_long_words_are_refused(int caseLength, int noteLength, string message)
    {
        var page = await _staff.GetAsync(_path);

        page = await Fill(page, caseReference: new('c', caseLength), note: new('n', noteLength)).PressAsync("End the only session");

        Assert.Contains(message, page.Text);
        Assert.Single((await _person.GetAsync("/account/sessions")).SessionIds);
    }

    [Fact]
    public async Task The_longest_words_are_kept_whole()
    {
        var page = await _staff.GetAsync(_path);

        page = await Fill(page, caseReference: new('c', 64), note: new('n', 500)).PressAsync("End the only session");

        Assert.Contains("Done. 1 session ended.", page.Text);
        var entry = (await AuditAsync()).Single(e => e.Action == AuditAction.ForceSignOutAll);
        Assert.Equal((64, 500), (entry.CaseReference!.Length, entry.Note!.Length));
    }

    [Fact]
    public async Task Nothing_that_was_typed_is_lost_when_something_is_missing()
    {
        var page = await _staff.GetAsync(_path);

        page = await Fill(page, reason: "Other", caseReference: "CASE <9>", note: "").PressAsync("End the only session");

        Assert.Equal("Other", page.Document.QuerySelector("[name=reason] option[selected]")!.GetAttribute("value"));
        Assert.Equal("CASE <9>", page.Document.QuerySelector("[name=caseReference]")!.GetAttribute("value"));
        page = await page.Fill("note", "Because").PressAsync("End the only session");
        Assert.Contains("Done. 1 session ended.", page.Text);
    }

    [Fact]
    public async Task The_audit_entry_says_who_whom_why_and_from_where_and_comes_before_the_end()
    {
        var session = (await _person.GetAsync("/account/sessions")).CurrentSessionId;
        var page = await _staff.GetAsync(_path);

        await Fill(page, note: "a note").PressAsync("End session", $"[data-session-id='{session}']");

        var entries = await AuditAsync();
        Assert.Equal([AuditAction.StaffActDone, AuditAction.SessionEnded, AuditAction.ForceSignOut], entries.Take(3).Select(e => e.Action));
        Assert.Equal(
            (await app.UserIdAsync("sam@example.com"), _id, session, "127.0.0.1", "SuspiciousActivity", "CASE-7", "a note"),
            (entries[2].ActorId!.Value, entries[2].SubjectId!.Value, entries[2].SessionId, entries[2].Address, entries[2].Reason, entries[2].CaseReference, entries[2].Note));
    }

    [Fact]
    public async Task A_session_that_has_ended_meanwhile_is_no_failure()
    {
        var page = await _staff.GetAsync(_path);
        var (one, all) = (Fill(page), Fill(await _staff.GetAsync(_path)));
        await (await _person.GetAsync("/account/logout")).PressAsync("Sign out");

        Assert.Contains("There was no session left to end.", (await one.PressAsync("End session", "[data-session-id]")).Text);
        Assert.Contains("There was no session left to end.", (await all.PressAsync("End the only session")).Text);
    }

    [Fact]
    public async Task Another_persons_session_is_not_ended_through_this_page()
    {
        using var stranger = await app.NewUserAsync();
        var strangers = (await stranger.GetAsync("/account/sessions")).CurrentSessionId;
        var form = await _staff.GetAsync(_path);

        var page = await _staff.FollowAsync(await _staff.PostAsync($"{_path}?handler=ForceSignOut", ("__RequestVerificationToken", form.AntiforgeryToken),
            ("id", strangers), ("reason", "Maintenance"), ("caseReference", "CASE-7")));

        Assert.Contains("There was no session left to end.", page.Text);
        Assert.Equal(strangers, (await stranger.GetAsync("/account/sessions")).CurrentSessionId);
    }

    [Theory]
    [InlineData("ForceSignOut")]
    [InlineData("ForceSignOutAll")]
    public async Task Support_can_not_force_out_an_Admin_and_the_attempt_is_written_down(string handler)
    {
        using var admin = await app.SignedInAsync("ada@example.com");
        var adminId = await app.UserIdAsync("ada@example.com");
        var session = (await admin.GetAsync("/account/sessions")).CurrentSessionId;
        var page = await _staff.GetAsync($"/admin/users/{adminId}");

        var answer = await _staff.FollowAsync(await _staff.PostAsync($"/admin/users/{adminId}?handler={handler}", ("__RequestVerificationToken", page.AntiforgeryToken),
            ("id", session), ("reason", "Maintenance"), ("caseReference", "CASE-7")));

        Assert.Contains("Only an Admin may act on an Admin.", page.Text);
        Assert.Empty(page.Document.QuerySelectorAll("main button"));
        Assert.Equal(403, answer.Status);
        Assert.Equal(session, (await admin.GetAsync("/account/sessions")).CurrentSessionId);
        var refused = (await AuditAsync(adminId))[0];
        Assert.Equal((AuditAction.Refused, "CASE-7"), (refused.Action, refused.CaseReference));
        Assert.Contains("Act of staff refused for ada@example.com by sam@example.com", (await admin.GetAsync("/admin/audit")).Text);
    }

    [Fact]
    public async Task An_Admin_can_force_out_an_Admin()
    {
        using var one = await app.SignedInAsync("ada@example.com");
        using var other = await app.SignedInAsync("ada@example.com", Browser.Safari);
        var otherId = (await other.GetAsync("/account/sessions")).CurrentSessionId;
        var page = await one.GetAsync($"/admin/users/{await app.UserIdAsync("ada@example.com")}");

        page = await Fill(page).PressAsync("End session", $"[data-session-id='{otherId}']");

        Assert.Contains("Done. 1 session ended.", page.Text);
        Assert.Contains("Support ended this session", (await other.GetAsync("/account")).Text);
    }

    [Theory]
    [InlineData("/admin/users/0199a0a0-0000-7000-8000-000000000000")]
    [InlineData("/admin/users/not-an-id")]
    [InlineData("/admin/users/0")]
    public async Task An_unknown_person_is_no_page(string path)
    {
        Assert.Equal(404, (await _staff.GetAsync(path)).Status);
        var answer = await _staff.PostAsync($"{path}?handler=ForceSignOutAll", ("__RequestVerificationToken", (await _staff.GetAsync("/")).AntiforgeryToken),
            ("reason", "Maintenance"), ("caseReference", "CASE-7"));
        Assert.Equal(404, answer.Status);
    }

    public Task DisposeAsync()
    {
        _person.Dispose();
        _staff.Dispose();
        return Task.CompletedTask;
    }

    private static Page Fill(Page page, string reason = "SuspiciousActivity", string caseReference = "CASE-7", string note = "") =>
        page.Fill("reason", reason).Fill("caseReference", caseReference).Fill("note", note);

    private async Task<IReadOnlyList<AuditEntry>> AuditAsync(Guid? about = null) =>
        [.. (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 100)).Where(e => e.SubjectId == (about ?? _id))];
}

[Trait("Lane", "Fast")]
public sealed class DetailsOnSqlTests(SqlApp app) : DetailsTests(app), IClassFixture<SqlApp>;

public sealed class DetailsOnRedisTests(RedisApp app) : DetailsTests(app), IClassFixture<RedisApp>;
