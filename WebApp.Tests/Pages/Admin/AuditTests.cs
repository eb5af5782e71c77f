using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

public sealed class AuditTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Fact]
    public async Task It_tells_who_did_what_newest_first()
    {
        using var person = await app.NewUserAsync();
        using var guess = app.NewBrowser();
        await guess.TrySignInAsync(person.Email, "wrong");
        await (await person.GetAsync("/account/logout")).PressAsync("Sign out");
        using var staff = await app.SignedInAsync("sam@example.com");

        var page = await staff.GetAsync("/admin/audit");

        var lines = page.Document.QuerySelectorAll(".audit > li").Select(li => Words(li.TextContent)).ToList();
        var at = app.Clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss 'UTC'");
        Assert.StartsWith($"Signed in sam@example.com {at} From 127.0.0.0/24 Session ", lines[0]);
        Assert.StartsWith($"Session ended {person.Email} {at} Signed out From 127.0.0.0/24 Session ", lines[1]);
        Assert.Equal($"Sign-in failed for {person.Email} {at} From 127.0.0.0/24", lines[2]);
        Assert.StartsWith($"Signed in {person.Email} {at} From 127.0.0.0/24 Session ", lines[3]);
        Assert.Equal($"Account created {person.Email} {at} From 127.0.0.0/24", lines[4]);
    }

    // People type their password into the field for the name.
    [Fact]
    public async Task A_name_that_no_account_has_is_kept_as_a_mark_only()
    {
        const string Typed = "Violet-Kettles-Hum-9";
        using var guess = app.NewBrowser();
        foreach (var name in new[] { $"{Typed}@example.com", $" {Typed.ToUpperInvariant()}@example.com", "another@example.com" })
            await guess.PostAsync(
                "/account/login",
                ("Email", name),
                ("Password", "not the password"),
                ("__RequestVerificationToken", (await guess.GetAsync("/account/login")).AntiforgeryToken));
        using var staff = await app.SignedInAsync("sam@example.com");

        var page = await staff.GetAsync("/admin/audit?act=SignInFailed");
        var asked = await staff.GetAsync($"/admin/audit?subject={Typed}%40example.com");

        Assert.DoesNotContain(Typed, page.Body, StringComparison.OrdinalIgnoreCase);
        var marks = page.Document.QuerySelectorAll(".audit > li .aside").Take(3).Select(e => e.TextContent[^17..^1]).ToList();
        Assert.Equal(marks[1], marks[2]);
        Assert.NotEqual(marks[0], marks[1]);
        Assert.Contains($"Failed sign-ins with this name have the mark {marks[1]}.", asked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_page_goes_on_where_the_one_before_ended()
    {
        await using var own = new TestApp();
        using var staff = await own.SignedInAsync("sam@example.com");
        var audit = own.Services.GetRequiredService<AuditLog>();
        for (var i = 0; i < 120; i++)
            await audit.AppendAsync(new() { Action = AuditAction.SignInFailed, CaseReference = $"C-{i}" });

        var first = await staff.GetAsync("/admin/audit");
        var second = await staff.GetAsync(Link(first, "Older entries"));
        var third = await staff.GetAsync(Link(second, "Older entries"));
        var newest = await staff.GetAsync(Link(third, "Newest"));

        Assert.Equal(Enumerable.Range(70, 50).Reverse(), Cases(first));
        Assert.Equal(Enumerable.Range(20, 50).Reverse(), Cases(second));
        Assert.Equal(Enumerable.Range(0, 20).Reverse(), Cases(third));
        Assert.DoesNotContain("Older entries", third.Text);
        Assert.Equal(Cases(first), Cases(newest));
        Assert.Contains("There are no entries older than that.", (await staff.GetAsync("/admin/audit?before=1")).Text);
    }

    [Fact]
    public async Task What_was_typed_is_shown_as_it_was_typed()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new()
        {
            Action = AuditAction.ForceSignOut,
            Reason = "<i>reason</i>",
            CaseReference = "<script>alert(1)</script>",
            Note = "<img src=x onerror=alert(1)> \u202Eevil",
        });

        var page = await staff.GetAsync("/admin/audit");

        Assert.Contains("Case <script>alert(1)</script>", page.Text);
        Assert.Contains("<img src=x onerror=alert(1)>", page.Text);
        Assert.All(page.Document.Scripts, script => Assert.Matches(@"^/[\w-]+\.js\?v=", script.GetAttribute("src")));
        Assert.Empty(page.Document.QuerySelectorAll("main img, main i"));
    }

    [Fact]
    public async Task It_is_filtered_by_each_of_what_an_entry_says()
    {
        using var person = await app.NewUserAsync();
        using var other = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("sam@example.com");
        var (personId, staffId, session) = (await app.UserIdAsync(person.Email), await app.UserIdAsync("sam@example.com"), $"{app.KeyOf(person).SessionId}");
        var case1 = $"C-{Guid.NewGuid():N}";
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        var at = app.Clock.GetUtcNow();
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.ForceLock, ActorId = staffId, SubjectId = personId, SessionId = session, Reason = "Maintenance", CaseReference = case1 });
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["Lock of one session", "Signed in", "Account created"], await ActsAsync($"subject={person.Email.ToUpperInvariant()}"));
        Assert.Equal(["Lock of one session", "Signed in", "Account created"], await ActsAsync($"subject={personId}"));
        Assert.Equal(["Lock of one session", "Signed in"], await ActsAsync($"session={session.ToUpperInvariant()}"));
        Assert.Equal(["Lock of one session"], await ActsAsync($"case={case1}"));
        Assert.Equal(["Lock of one session"], await ActsAsync($"subject={personId}&act=ForceLock"));
        Assert.Equal(["Lock of one session"], await ActsAsync($"subject={personId}&reason=Maintenance"));
        Assert.Equal(["Lock of one session"], await ActsAsync($"subject={personId}&actor=sam@example.com"));
        Assert.Equal(["Lock of one session"], await ActsAsync($"subject={personId}&from={at:yyyy-MM-ddTHH:mm}"));
        Assert.Equal(["Signed in", "Account created"], await ActsAsync($"subject={personId}&to={at:yyyy-MM-dd HH:mm}"));
        Assert.Empty(await ActsAsync($"subject={personId}&from={at.AddMinutes(2):yyyy-MM-ddTHH:mm}"));
        Assert.Empty(await ActsAsync($"subject={personId}&actor={other.Email}"));

        async Task<IEnumerable<string>> ActsAsync(string query) =>
            (await staff.GetAsync($"/admin/audit?{query}")).Document.QuerySelectorAll(".audit strong").Select(e => e.TextContent);
    }

    [Fact]
    public async Task A_filtered_list_goes_on_with_its_filter_and_can_be_left()
    {
        await using var own = new TestApp();
        using var staff = await own.SignedInAsync("sam@example.com");
        await own.FillAuditLogAsync(Guid.NewGuid(), 20);
        var person = Guid.NewGuid();
        await own.FillAuditLogAsync(person, 60);

        var first = await staff.GetAsync($"/admin/audit?subject={person}");
        var second = await first.FollowLinkAsync("Older entries");

        Assert.Equal(Enumerable.Range(10, 50).Reverse(), Cases(first));
        Assert.Equal(Enumerable.Range(0, 10).Reverse(), Cases(second));
        Assert.Equal($"{person}", second.Document.QuerySelector("#subject")!.GetAttribute("value"));
        Assert.Equal(Cases(first), Cases(await second.FollowLinkAsync("Newest")));
        Assert.Equal("/admin/audit", (await second.FollowLinkAsync("Show everything")).Address.PathAndQuery);
    }

    [Theory]
    [InlineData("actor=nobody@example.com", "No account has this address.")]
    [InlineData("subject=%00", "No account has this address.")]
    [InlineData("act=Dance", "Choose one of the list.")]
    [InlineData("act=-1", "Choose one of the list.")]
    [InlineData("from=yesterday", "Enter a date")]
    [InlineData("to=2026-13-45", "Enter a date")]
    [InlineData("reason=Because", "No entry fits.")]
    [InlineData("case=%27%3B+DROP+TABLE+AuditLog", "No entry fits.")]
    [InlineData("session=0123456789abcdef0123456789abcdef", "No entry fits.")]
    [InlineData("session=../../etc/passwd", "Enter a whole session id")]
    [InlineData("session=%EF%BF%BD%00", "Enter a whole session id")]
    [InlineData("case=x%00", "A case reference has at most 64 characters")]
    [InlineData("case=01234567890123456789012345678901234567890123456789012345678901234", "A case reference has at most 64 characters")]
    [InlineData("reason=%01", "Choose one of the list.")]
    [InlineData("from=9999-12-31&to=0001-01-01", "No entry fits.")]
    [InlineData("before=-5", "Signed in")]
    [InlineData("before=99999999999999999999", "Signed in")]
    public async Task A_filter_that_makes_no_sense_finds_nothing_or_is_explained(string query, string words)
    {
        using var staff = await app.SignedInAsync("sam@example.com");

        var page = await staff.GetAsync($"/admin/audit?{query}");

        Assert.Equal(200, page.Status);
        Assert.Contains(words, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_staff_did_to_a_person_leads_to_its_receipt()
    {
        using var person = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("sam@example.com");
        var id = await app.UserIdAsync(person.Email);
        var act = await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.Unban, SubjectId = id });

        var list = await (await staff.GetAsync($"/admin/users/{id}")).FollowLinkAsync("What the audit log says of this person, with the receipts");

        Assert.Equal($"/admin/receipts/{act}", Assert.Single(list.Document.QuerySelectorAll(".audit a"), a => a.TextContent == "Receipt").GetAttribute("href"));
    }

    // "Reveal" is one address with one reason; neither the list nor a file may be the way round it.
    [Fact]
    public async Task Support_sees_networks_where_an_Admin_sees_addresses()
    {
        var person = Guid.NewGuid();
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.SessionMoved, SubjectId = person, Address = "203.0.113.77", Details = "203.0.113.77 → 2001:db8:1:2::9 (CH)" });
        foreach (var (email, whole) in new[] { ("sam@example.com", false), ("ada@example.com", true) })
        {
            using var staff = await app.SignedInAsync(email);
            var list = await staff.GetAsync($"/admin/audit?subject={person}");
            foreach (var text in new[] { list.Text, (await list.SendAsync("CSV for spreadsheets")).Body, (await list.SendAsync("JSON lines for programs")).Body })
            {
                Assert.Equal(whole, text.Contains("203.0.113.77", StringComparison.Ordinal));
                Assert.Equal(whole, text.Contains("2001:db8:1:2::9", StringComparison.Ordinal));
                Assert.Equal(!whole, text.Contains("203.0.113.0/24 → 2001:db8:1::/48 (CH)", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task An_export_is_a_file_of_what_fits_and_is_written_down_first()
    {
        using var person = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("ada@example.com");
        var id = await app.UserIdAsync(person.Email);
        var page = await staff.GetAsync($"/admin/audit?subject={person.Email}");

        var csv = await page.SendAsync("CSV for spreadsheets");
        var json = await page.SendAsync("JSON lines for programs");

        Assert.Equal("text/csv; charset=utf-8", csv.Headers["Content-Type"][0]);
        Assert.Equal($"attachment; filename=audit-{app.Clock.GetUtcNow():yyyy-MM-dd}.csv", csv.Headers["Content-Disposition"][0]);
        Assert.Equal(["Registered", "SignedIn"], csv.Body.Split("\r\n").Skip(1).SkipLast(1).Select(line => line.Split(',')[2]));
        Assert.Equal(["Registered", "SignedIn"], json.Body.Split('\n').SkipLast(1).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("action").GetString()));
        var exports = (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 2)).Reverse().ToList();
        Assert.Equal([(AuditAction.AuditExported, $"Csv, about {id}"), (AuditAction.AuditExported, $"JsonLines, about {id}")], exports.Select(e => (e.Action, e.Details!)));
        Assert.All(exports, e => Assert.NotNull(e.ActorId));
        // The person's own history has nothing of it: it is not about them alone.
        Assert.DoesNotContain(await app.AuditOfAsync(id), e => e.Action == AuditAction.AuditExported);
    }

    // What is asked for is written down, and what is written down stays.
    [Theory]
    [InlineData("case=x%00")]
    [InlineData("session=x%00")]
    [InlineData("reason=x%00")]
    public async Task What_no_entry_can_have_is_neither_exported_nor_written_down(string query)
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var token = (await staff.GetAsync("/admin/audit")).AntiforgeryToken;
        query += new string('a', 600);
        var before = await app.Services.GetRequiredService<AuditLog>().HeadAsync();

        var export = await staff.PostAsync($"/admin/audit?handler=Export&{query}", ("__RequestVerificationToken", token), ("format", "Csv"));
        var bundle = await staff.PostAsync($"/admin/audit/bundle?{query}", ("__RequestVerificationToken", token), ("purpose", "DataRequest"));

        Assert.Equal((200, "text/html; charset=utf-8"), (export.Status, export.Headers["Content-Type"][0]));
        Assert.Equal(query[0] == 'r' ? 302 : 404, bundle.Status);
        Assert.Equal(before.LastId, (await app.Services.GetRequiredService<AuditLog>().HeadAsync()).LastId);
    }

    [Fact]
    public async Task A_form_with_a_format_that_there_is_not_is_refused()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var token = (await staff.GetAsync("/admin/audit")).AntiforgeryToken;

        Assert.Equal(400, (await staff.PostAsync("/admin/audit?handler=Export", ("__RequestVerificationToken", token), ("format", "Xml"))).Status);
        Assert.Equal(400, (await staff.PostAsync("/admin/audit?handler=Export", ("__RequestVerificationToken", token), ("format", "7"))).Status);
    }

    [Fact]
    public async Task Old_sign_ins_may_read_and_have_to_prove_who_they_are_before_they_take_anything_out()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync("/admin/audit?act=SignedIn");
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(200, (await staff.PeekAsync("/admin/audit")).Status);

        var asked = await page.SendAsync("CSV for spreadsheets");

        Assert.StartsWith("/account/confirm?returnUrl=%2Fadmin%2Faudit%3Fact%3DSignedIn", asked.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Staff_verify_the_chain_and_hear_of_the_first_entry_that_does_not_fit()
    {
        await using var own = new TestApp();
        using var staff = await own.SignedInAsync("sam@example.com");
        var audit = own.Services.GetRequiredService<AuditLog>();
        var page = await staff.GetAsync("/admin/audit?act=SignedIn");

        var good = await page.PressAsync("Verify the chain");
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={own.Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER AuditLogUpdate; UPDATE AuditLog SET Reason = 'Maintenance' WHERE Id = 2";
        await command.ExecuteNonQueryAsync();
        var bad = await page.PressAsync("Verify the chain");

        Assert.Contains($"The audit log fits: {(await audit.HeadAsync()).LastId} entries, from the beginning to its head, {await audit.HeadAsync()}.", good.Text, StringComparison.Ordinal);
        Assert.Equal("/admin/audit?act=SignedIn", good.Address.PathAndQuery);
        Assert.Contains("The audit log does not fit: entry 2: it was changed or put in", bad.Text, StringComparison.Ordinal);
    }

    private static string Link(Page page, string words) => page.Document.QuerySelectorAll("main a").Single(a => a.TextContent == words).GetAttribute("href")!;

    private static IEnumerable<int> Cases(Page page) => page.Document.QuerySelectorAll(".audit bdi")
        .Where(b => b.TextContent.StartsWith("C-", StringComparison.Ordinal)).Select(b => int.Parse(b.TextContent[2..]));

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
