using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Pages.Admin.Bulk;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin.Bulk;

/// <summary>What the pages of bulk requests take and refuse.</summary>
public sealed class BulkPagesTests(BulkApp app) : IClassFixture<BulkApp>, IAsyncLifetime
{
    private Browser _support = null!;
    private Browser _admin = null!;

    public async Task InitializeAsync() => (_support, _admin) = (await app.SignedInAsync("sam@example.com"), await app.SignedInAsync("ada@example.com"));

    [Fact]
    public async Task People_are_found_by_a_filter()
    {
        var people = await app.NewPeopleAsync(2);
        var page = (await _support.GetAsync("/admin/bulk/new")).Pick("filter").Fill("text", people[0].Email![..12]).Fill("reason", "Maintenance").Fill("caseReference", "C-1");

        page = await page.PressAsync("Preview");

        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);
        Assert.Contains($"People whose address or name begins with “{people[0].Email![..12]}”", page.Text, StringComparison.Ordinal);
        Assert.Equal(people[0].Email, page.Document.QuerySelector("#sample ~ ul a")!.TextContent);
    }

    [Theory]
    [InlineData("filter", "", "Maintenance", "C-1", "", "Say whom it concerns. Without any of these it would be everyone.")]
    [InlineData("filter", "\u200B", "Maintenance", "C-1", "", "Say whom it concerns. Without any of these it would be everyone.")]
    [InlineData("filter", "nobody-is-called-so", "Maintenance", "C-1", "", "That fits nobody.")]
    [InlineData("nonsense", "x", "Maintenance", "C-1", "", "Choose how the people are found.")]
    [InlineData("list", "", "Maintenance", "C-1", "", "Paste a list, or choose a file.")]
    [InlineData("list", "", "Maintenance", "C-1", ";;\n\n", "The list names nobody: no cell is an e-mail address or a user id.")]
    [InlineData("list", "", "", "C-1", "x@example.com", "Choose a reason.")]
    [InlineData("list", "", "Unreadable", "C-1", "x@example.com", "Choose a reason.")]
    [InlineData("list", "", "Maintenance", "", "x@example.com", "Enter the case reference.")]
    [InlineData("list", "", "Other", "C-1", "x@example.com", "Say in the note what the other reason is.")]
    public async Task What_is_missing_is_said_and_what_was_typed_is_kept(string pick, string text, string reason, string caseReference, string list, string message)
    {
        var form = await _support.GetAsync("/admin/bulk/new");

        var page = await _support.PostAsync("/admin/bulk/new", ("__RequestVerificationToken", form.AntiforgeryToken),
            ("pick", pick), ("text", text), ("reason", reason), ("caseReference", caseReference), ("list", list));

        Assert.Equal(200, page.Status);
        Assert.Contains(message, page.Text, StringComparison.Ordinal);
        Assert.Equal(text, page.Document.QuerySelector("#text")!.GetAttribute("value") ?? "");
        Assert.Equal(list.Trim('\n'), page.Document.QuerySelector("#list")!.TextContent.Trim('\n'));
    }

    [Fact]
    public async Task A_list_of_people_who_do_not_exist_ends_nobody()
    {
        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), "nobody@example.org").PressAsync("Preview");

        Assert.Contains("There is nobody whose sessions could be ended.", page.Text, StringComparison.Ordinal);
        Assert.Null(page.Document.QuerySelector("#number"));
        Assert.Contains("The draft is gone.", (await page.PressAsync("Throw this draft away")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_a_file_with_several_columns_of_people_the_answer_comes_with_the_file()
    {
        var person = (await app.NewPeopleAsync(1))[0];
        var file = Encoding.UTF8.GetBytes($"Mail,Vertretung\n{person.Email},nobody@example.org\n");

        var asked = await UploadAsync(file);
        var others = await UploadAsync(file, column: "1:Mail");
        var page = await _support.FollowAsync(await UploadAsync(file, column: "0:Mail"));

        Assert.Contains("Say below which of them is meant, and choose the file again; nothing was taken yet.",
            asked.Text, StringComparison.Ordinal);
        Assert.Contains("Say below which of them is meant", others.Text, StringComparison.Ordinal);
        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);
        Assert.Contains("“Mail” from row 2 on; not used: 1 cell with an address in “Vertretung”, 1 row", page.Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_does_not_get_small_is_not_kept()
    {
        var file = new byte[80 * 1024 * 1024];
        new Random(7).NextBytes(file);

        Assert.Contains(
            "The file is too large, and was not kept.", (await UploadAsync(file)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"pick\"\r\n\r\nlist")]
    [InlineData("--x\r\nNo-Colon\r\n\r\n\r\n--x--")]
    [InlineData("--x\r\n\r\nno name\r\n--x--")]
    [InlineData("--x\r\nContent-Disposition: form-data; filename=a\r\n\r\nno name\r\n--x--")]
    public async Task What_is_no_form_is_refused(string body)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, "/admin/bulk/new") { Content = new StringContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");

        Assert.Equal(400, (await _support.SendAsync(request)).Status);
    }

    [Fact]
    public async Task A_form_of_endless_parts_is_refused()
    {
        var form = await _support.GetAsync("/admin/bulk/new");
        using var parts =
            new MultipartFormDataContent { { new StringContent(form.AntiforgeryToken), "__RequestVerificationToken" } };
        for (var number = 0; number < 100; number++)
            parts.Add(new StringContent("x"), $"field{number}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/bulk/new") { Content = parts };

        Assert.Equal(400, (await _support.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    public async Task A_file_is_uploaded(string encoding)
    {
        var people = await app.NewPeopleAsync(3);
        var text = "\"id\"\r\n" + string.Join("\r\n", people.Select(p => $"\"{p.Id}\""));
        var known = Encoding.GetEncoding(encoding);

        var page = await _support.FollowAsync(await UploadAsync([.. known.GetPreamble(), .. known.GetBytes(text)]));

        Assert.Contains("Sign out 3 people", page.Text, StringComparison.Ordinal);
        Assert.Contains("A file that was uploaded, “id” from row 2 on, 3 rows", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_taken_in_reasonable_time_and_one_more_is_not()
    {
        var people = await app.NewPeopleAsync(50);
        Page page = null!;
        var tenth = await UploadTimeAsync(string.Concat(Enumerable.Range(0, PeopleList.MaxRows / 10).Select(number => $"nobody.{number}@example.org\n")));
        var rows = string.Concat(Enumerable.Range(0, PeopleList.MaxRows - people.Count).Select(number => $"somebody.{number}@example.org\n"));
        var list = rows + string.Concat(people.Select(p => $"{p.Email}\n"));

        // Ten times as many would take a hundred times as long, if each were compared with all.
        Assert.InRange(await UploadTimeAsync(list), TimeSpan.Zero, 30 * tenth);
        Assert.Contains("Sign out 50 people", page.Text, StringComparison.Ordinal);
        Assert.Contains("99,950 no such account", page.Text, StringComparison.Ordinal);
        Assert.Equal(DetailsShown, page.Document.QuerySelectorAll("#unfound ~ ul li").Length);
        var more = await UploadAsync(Encoding.ASCII.GetBytes(list + "one.more@example.org\n"));
        Assert.Contains("That is more than 100,000 people.", more.Text, StringComparison.Ordinal);

        async Task<TimeSpan> UploadTimeAsync(string some)
        {
            var began = Stopwatch.GetTimestamp();
            page = await _support.FollowAsync(await UploadAsync(Encoding.ASCII.GetBytes(some)));
            return Stopwatch.GetElapsedTime(began);
        }
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_and_so_is_one_for_another_page()
    {
        Assert.Equal(413, (await UploadAsync(new byte[(NewModel.MaxMegabytes + 1) * 1024 * 1024])).Status);
        Assert.Equal(413, (await UploadAsync(new byte[200 * 1024], "/admin/users?handler=x")).Status);
    }

    [Fact]
    public async Task Garbage_is_refused_as_a_whole()
    {
        var garbage = new byte[300_000];
        new Random(7).NextBytes(garbage);

        var page = await _support.FollowAsync(await UploadAsync(garbage));

        Assert.Equal(200, page.Status);
        Assert.Contains("The list can't be read, so nothing of it was taken. Row 1 has characters that no text has.",
            page.Text, StringComparison.Ordinal);
    }

    // Kept whole it would be eighty megabytes, and as text twice as many.
    [Fact]
    public async Task A_wide_export_of_a_hundred_thousand_rows_is_taken()
    {
        var people = await app.NewPeopleAsync(3);
        var rest = string.Concat(Enumerable.Range(0, 40).Select(number => $",value {number} of this person"));
        var file = new StringBuilder(
            $"displayName,mail{string.Concat(Enumerable.Range(0, 40).Select(number => $",Field {number}"))}\r\n");
        for (var number = 0; number < PeopleList.MaxRows - people.Count; number++)
            file.Append("Somebody ").Append(number).Append(",somebody.").Append(number).Append("@example.org").Append(
                rest).Append("\r\n");
        foreach (var person in people)
            file.Append("Person,").Append(person.Email).Append(rest).Append("\r\n");

        var page = await _support.FollowAsync(await UploadAsync(Encoding.ASCII.GetBytes(file.ToString())));

        Assert.True(file.Length > 80_000_000, $"The file has only {file.Length} bytes");
        Assert.Contains("Sign out 3 people", page.Text, StringComparison.Ordinal);
        Assert.Contains(
            "A file that was uploaded, “mail” from row 2 on, 100000 rows", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_several_columns_name_people_the_page_asks_which_is_meant_and_nobody_is_signed_out_before()
    {
        var (person, manager) = ((await app.NewPeopleAsync(1))[0], (await app.NewPeopleAsync(1))[0]);
        var list = $"Name;Vorgesetzt;Mitarbeitend\nOne;{manager.Email};{person.Email}\n";

        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), list).PressAsync("Preview");

        Assert.Contains("Several columns name people. Say below which of them is meant; nothing was taken yet.",
            page.Text, StringComparison.Ordinal);
        Assert.Equal(
            ["Choose one", $"“Vorgesetzt”: 1 cell, such as {manager.Email}",
                $"“Mitarbeitend”: 1 cell, such as {person.Email}", "All of these"],
            page.Document.QuerySelectorAll("#column option").Select(option => option.TextContent));
        page = await page.Fill("column", "2:Mitarbeitend").PressAsync("Preview");
        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);
        Assert.Equal(person.Email, page.Document.QuerySelector("#sample ~ ul a")!.TextContent);
        Assert.Contains(
            "A list that was pasted, “Mitarbeitend” from row 2 on; not used: 1 cell with an address in “Vorgesetzt”",
            page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Staff_among_the_people_need_another_Admins_approval_and_Support_and_who_asks_can_not_give_it()
    {
        var (colleague, person) = (await app.NewAccountAsync(Roles.Support), (await app.NewPeopleAsync(1))[0]);
        var second = await app.NewAccountAsync(Roles.Admin);
        using var other = app.NewBrowser();
        await other.SignInAsync(second.Email!);
        var page = await BulkFlowTests.Fill(await _admin.GetAsync("/admin/bulk/new"), $"{colleague.Email}\n{person.Email}").PressAsync("Preview");
        Assert.Contains("Staff are among these people, so another Admin has to approve it.", page.Text, StringComparison.Ordinal);

        page = await page.Fill("number", "2").PressAsync("Ask for approval");

        Assert.Contains("It waits for an Admin other than you.", page.Text, StringComparison.Ordinal);
        var path = page.Address.AbsolutePath;
        foreach (var browser in new[] { _admin, _support })
        {
            Assert.DoesNotContain("Approve", (await browser.GetAsync(path)).Document.QuerySelectorAll("main button").Select(b => b.TextContent));
            Assert.Equal(403, (await browser.FollowAsync(await SendAsync(browser, path, "Approve"))).Status);
            Assert.Equal(403, (await browser.FollowAsync(await SendAsync(browser, path, "Refuse"))).Status);
        }

        var id = Guid.Parse(page.Address.Segments[^1]);
        Assert.Equal(BulkState.Waiting, (await app.BulkAsync(id)).Request.State);
        page = await (await other.GetAsync(path)).PressAsync("Approve");
        Assert.Contains("It begins in 30 seconds.", page.Text, StringComparison.Ordinal);
        Assert.Contains($"Approved by {second.Email}", page.Text, StringComparison.Ordinal);
        Assert.Contains("So only an Admin may pause or stop it, and who asked for it.", (await _support.GetAsync(path)).Text, StringComparison.Ordinal);
        Assert.Equal(403, (await _support.FollowAsync(await SendAsync(_support, path, "Stop"))).Status);
        Assert.Equal(404, (await _support.GetAsync($"{path}/report")).Status);
        Assert.Contains("It was stopped.", (await (await other.GetAsync(path)).PressAsync("Stop for good")).Text, StringComparison.Ordinal);
        var entries = (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 20)).Where(e => e.Details?.Contains(id.ToString(), StringComparison.Ordinal) is true);
        Assert.Equal(
            [AuditAction.BulkStopped, AuditAction.Refused, AuditAction.BulkApproved, AuditAction.Refused, AuditAction.Refused, AuditAction.Refused, AuditAction.Refused, AuditAction.BulkRequested],
            entries.Select(e => e.Action));
    }

    [Fact]
    public async Task More_people_than_the_threshold_need_approval_and_an_Admin_may_refuse()
    {
        var people = await app.NewPeopleAsync(1001);
        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), string.Join('\n', people.Select(p => p.Id))).PressAsync("Preview");
        Assert.Contains("These are many people, so another Admin has to approve it.", page.Text, StringComparison.Ordinal);
        Assert.Contains("20 of the people", page.Text, StringComparison.Ordinal);
        Assert.Equal(BulkDrafts.SampleSize, page.Document.QuerySelectorAll("#sample ~ ul li").Length);
        var path = (await page.Fill("number", "1,001").PressAsync("Ask for approval")).Address.AbsolutePath;

        page = await (await _admin.GetAsync(path)).PressAsync("Refuse");

        Assert.Contains("You refused it. Nothing was ended.", page.Text, StringComparison.Ordinal);
        Assert.Contains("Refused by ada@example.com", page.Text, StringComparison.Ordinal);
        Assert.Contains("Bulk sign-out refused", (await _admin.GetAsync("/admin/audit")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_list_in_pieces_needs_approval_like_one_in_one_piece_also_when_both_are_confirmed_at_once()
    {
        var colleague = await app.NewAccountAsync(Roles.Support);
        var staff = new StaffMember(colleague.Id, IsAdmin: false, null);
        var drafts = new List<Guid>();
        foreach (var person in await app.NewPeopleAsync(3))
            drafts.Add((await app.DraftAsync(staff, [person])).Id);
        await app.Services.GetRequiredService<AdminDatabase>().WriteAsync(db =>
            db.Requests.Where(r => drafts.Contains(r.Id)).ExecuteUpdateAsync(set => set.SetProperty(r => r.People, 600)));

        var answers = await Task.WhenAll(drafts.Take(2).Select(id => app.Bulk().ConfirmAsync(staff, id, 600, new("https://localhost"))));

        Assert.Equal([BulkAnswer.Done, BulkAnswer.Done], answers);
        var states = new[] { (await app.BulkAsync(drafts[0])).Request.State, (await app.BulkAsync(drafts[1])).Request.State };
        Assert.Equal([BulkState.Waiting, BulkState.Holding], states.Order());
        using var browser = app.NewBrowser();
        await browser.SignInAsync(colleague.Email!);
        Assert.Contains("With the 600 people of your other bulk sign-outs in the last 24 hours these are many people, so another Admin has to approve it.",
            (await browser.GetAsync($"/admin/bulk/{drafts[2]}")).Text, StringComparison.Ordinal);
        foreach (var id in drafts.Take(2))
            Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(staff, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ConfirmAsync(staff, drafts[2], 600, new("https://localhost")));
        Assert.Equal(BulkState.Holding, (await app.BulkAsync(drafts[2])).Request.State);
        await app.Bulk().StopAsync(staff, drafts[2]);
    }

    [Fact]
    public async Task Staff_who_have_come_among_the_people_since_the_preview_make_it_wait_and_the_approver_look_again()
    {
        var (staff, second) = (await app.StaffAsync("sam@example.com"), new StaffMember((await app.NewAccountAsync(Roles.Admin)).Id, IsAdmin: true, null));
        var person = await app.NewAccountAsync();
        var id = (await app.DraftAsync(staff, [person])).Id;
        await app.InRequestAsync<AccountCreation>(accounts => accounts.EnsureAsync(person.Email!, "", "", Roles.Support));

        Assert.Equal(BulkAnswer.Done, await app.Bulk().ConfirmAsync(staff, id, 1, new("https://localhost")));
        Assert.Equal((BulkState.Waiting, 1), ((await app.BulkAsync(id)).Request.State, (await app.BulkAsync(id)).Request.Staff));
        await app.InRequestAsync<AccountCreation>(accounts => accounts.EnsureAsync(person.Email!, "", "", Roles.Admin));

        Assert.Equal(BulkAnswer.Changed, await app.Bulk().ApproveAsync(second, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ApproveAsync(second, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(second, id));
    }

    [Fact]
    public async Task What_an_Admin_paused_only_an_Admin_lets_go_on_and_what_waits_is_its_askers_to_withdraw()
    {
        var (sam, ada, colleague) = (await app.StaffAsync("sam@example.com"), await app.StaffAsync(), new StaffMember((await app.NewAccountAsync(Roles.Support)).Id, IsAdmin: false, null));
        var id = await app.ConfirmedAsync(sam, await app.NewPeopleAsync(1));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().PauseAsync(colleague, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ResumeAsync(sam, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().PauseAsync(ada, id));

        var page = await _support.GetAsync($"/admin/bulk/{id}");

        Assert.Contains("An Admin paused it. Only an Admin can let it go on.", page.Text, StringComparison.Ordinal);
        Assert.Equal(["Stop for good"], page.Document.QuerySelectorAll(".bulk button").Select(b => b.TextContent));
        Assert.Equal(BulkAnswer.NotAllowed, await app.Bulk().ResumeAsync(sam, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ResumeAsync(ada, id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(colleague, id));
        var admins = await app.ConfirmedAsync(ada, await app.NewPeopleAsync(1));
        Assert.Equal(BulkAnswer.NotAllowed, await app.Bulk().PauseAsync(sam, admins));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(ada, admins));
        var waiting = await app.ConfirmedAsync(sam, [await app.NewAccountAsync(Roles.Support)]);
        Assert.Equal(BulkAnswer.NotAllowed, await app.Bulk().StopAsync(colleague, waiting));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(sam, waiting));
        Assert.Equal(404, (await _support.GetAsync($"/admin/bulk/{waiting}/report")).Status);
    }

    [Fact]
    public async Task Sessions_of_a_long_list_are_counted_behind_the_page_which_says_how_many_so_far()
    {
        var people = await app.NewPeopleAsync(900);
        await app.NewSessionAsync(people[0].Id);
        await app.NewSessionAsync(people[899].Id);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.NewSessionAsync(people[0].Id);

        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), string.Join('\n', people.Select(p => p.Email))).PressAsync("Preview");

        Assert.Matches("Counted so far: [0-9]+ of 900 people|They have 3 sessions", page.Text);
        await Eventually.TrueAsync(async () => (await _support.GetAsync(page.Address.AbsolutePath)).Text.Contains("They have 3 sessions. 1 person used one in the last 5 minutes.", StringComparison.Ordinal), "all are counted");
    }

    [Fact]
    public async Task An_Admins_sessions_are_not_Supports_to_end_and_the_row_says_so()
    {
        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), "ada@example.com\nalice@example.com").PressAsync("Preview");

        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);
        Assert.Contains("1 not allowed Only an Admin may end an Admin's sessions.", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_is_left_out_unless_they_include_themselves()
    {
        var page = await BulkFlowTests.Fill(await _support.GetAsync("/admin/bulk/new"), "sam@example.com\nalice@example.com").PressAsync("Preview");
        Assert.Contains("You are among these people. Your own sessions stay, unless you include yourself.", page.Text, StringComparison.Ordinal);
        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);

        page = await page.PressAsync("Include me");

        Assert.Contains("Sign out 2 people", page.Text, StringComparison.Ordinal);
        Assert.Contains("Staff are among these people", page.Text, StringComparison.Ordinal);
        page = await page.PressAsync("Leave me out");
        Assert.Contains("Sign out 1 person", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_is_its_makers_and_a_day_later_nobodys()
    {
        var people = await app.NewPeopleAsync(1);
        var draft = await app.DraftAsync(await app.StaffAsync("sam@example.com"), people);
        var path = $"/admin/bulk/{draft.Id}";

        var page = await _admin.GetAsync(path);

        Assert.Contains("Only who made it can confirm it.", page.Text, StringComparison.Ordinal);
        Assert.Equal(403, (await _admin.FollowAsync(await SendAsync(_admin, path, "Confirm", ("number", "1")))).Status);
        Assert.Equal(403, (await _admin.FollowAsync(await SendAsync(_admin, path, "Discard"))).Status);
        app.Clock.Advance(BulkRequests.DraftsKept + TimeSpan.FromMinutes(1));
        Assert.Equal(BulkAnswer.TooOld, await app.Bulk().ConfirmAsync(await app.StaffAsync("sam@example.com"), draft.Id, 1, new("https://localhost")));
        await app.Services.GetRequiredService<BulkSweeper>().SweepAsync();
        Assert.Null(await app.Bulk().FindAsync(draft.Id));
    }

    [Fact]
    public async Task Progress_is_told_as_it_is_made_and_is_no_use_of_the_session()
    {
        var people = await app.NewPeopleAsync(5);
        var id = await app.ConfirmedAsync(await app.StaffAsync("sam@example.com"), people);
        using var client = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/bulk/{id}/progress");
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _support.Cookies.Select(c => $"{c.Key}={c.Value}")));
        request.Headers.TryAddWithoutValidation("User-Agent", Browser.Firefox);

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var first = await NextAsync(lines);
        app.Clock.Advance(BulkScene.Hold);
        var last = "";
        while (!last.Contains("Done/", StringComparison.Ordinal))
            last = await NextAsync(lines);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no", answer.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Contains("\"key\":\"Holding/None/True\",\"done\":0,\"words\":\"It begins in 30 seconds. Nothing has ended yet.\"", first, StringComparison.Ordinal);
        Assert.Contains("\"done\":5,\"words\":\"5 of 5 people done, 0 sessions ended.\"", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_proxy_holds_events_back_progress_can_be_asked_for_bit_by_bit()
    {
        var id = await app.ConfirmedAsync(await app.StaffAsync("sam@example.com"), await app.NewPeopleAsync(2));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/bulk/{id}/progress") { Headers = { { "Accept", "application/json" } } };

        var answer = await _support.SendAsync(request);

        Assert.StartsWith("application/json", answer.Headers["Content-Type"].Single(), StringComparison.Ordinal);
        Assert.Equal("{\"key\":\"Holding/None/True\",\"done\":0,\"words\":\"It begins in 30 seconds. Nothing has ended yet.\"}", answer.Body);
    }

    [Theory]
    [InlineData("progress")]
    [InlineData("report")]
    public async Task Progress_and_report_are_for_staff(string what)
    {
        var draft = await app.DraftAsync(await app.StaffAsync("sam@example.com"), await app.NewPeopleAsync(1));
        using var visitor = app.NewBrowser();
        using var user = await app.NewUserAsync();

        Assert.Equal(302, (await visitor.PeekAsync($"/admin/bulk/{draft.Id}/{what}")).Status);
        Assert.Equal(403, (await user.GetAsync($"/admin/bulk/{draft.Id}/{what}")).Status);
        if (what == "report")
            Assert.Equal(404, (await _support.GetAsync($"/admin/bulk/{draft.Id}/{what}")).Status);
        Assert.Equal(404, (await _support.GetAsync($"/admin/bulk/{Guid.NewGuid()}/{what}")).Status);
        Assert.Equal(404, (await _support.GetAsync($"/admin/bulk/not-an-id/{what}")).Status);
    }

    [Fact]
    public async Task The_report_asks_for_a_recent_sign_in()
    {
        var draft = await app.DraftAsync(await app.StaffAsync("sam@example.com"), await app.NewPeopleAsync(1));
        app.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.Equal("/account/confirm", (await _support.GetAsync($"/admin/bulk/{draft.Id}/report")).Address.AbsolutePath);
        Assert.Equal("/account/confirm", (await _support.GetAsync("/admin/bulk/new")).Address.AbsolutePath);
        Assert.Equal(200, (await _support.GetAsync($"/admin/bulk/{draft.Id}")).Status);
    }

    [Fact]
    public async Task Without_scripts_the_page_loads_itself_anew_for_ten_minutes_and_not_when_told_not_to()
    {
        var id = await app.ConfirmedAsync(await app.StaffAsync("sam@example.com"), await app.NewPeopleAsync(1));

        Assert.Contains("3; url=/admin/bulk/" + id + "?n=8\"", (await _support.GetAsync($"/admin/bulk/{id}?n=7")).Document.QuerySelector("head noscript")!.InnerHtml, StringComparison.Ordinal);
        foreach (var query in new[] { "?n=200", "?refresh=off", "?n=99999999999&refresh=off" })
        {
            var page = await _support.GetAsync($"/admin/bulk/{id}{query}");
            Assert.Null(page.Document.QuerySelector("head noscript"));
            Assert.Contains("This page does not change by itself.", page.Text, StringComparison.Ordinal);
        }

        await app.Bulk().StopAsync(await app.StaffAsync("sam@example.com"), id);
    }

    public Task DisposeAsync()
    {
        _support.Dispose();
        _admin.Dispose();
        return Task.CompletedTask;
    }

    private static int DetailsShown => WebApp.Pages.Admin.Bulk.DetailsModel.MaxUnfoundShown;

    private static async Task<string> NextAsync(StreamReader lines)
    {
        string? line;
        do
        {
            line = await lines.ReadLineAsync();
        }
        while (line is "");
        return line ?? throw new EndOfStreamException();
    }

    private static async Task<Page> SendAsync(Browser browser, string path, string handler, params (string, string)[] fields) =>
        await browser.PostAsync($"{path}?handler={handler}", [("__RequestVerificationToken", (await browser.GetAsync("/account/logout")).AntiforgeryToken), .. fields]);

    private async Task<Page> UploadAsync(byte[] file, string path = "/admin/bulk/new", string column = "")
    {
        var form = await _support.GetAsync("/admin/bulk/new");
        var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("text/csv") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new MultipartFormDataContent
            {
                { new StringContent(form.AntiforgeryToken), "__RequestVerificationToken" },
                { new StringContent("list"), "pick" },
                { new StringContent(column), "column" },
                { new StringContent("Maintenance"), "reason" },
                { new StringContent("C-1"), "caseReference" },
                { content, "file", "people.csv" },
            },
        };
        return await _support.SendAsync(request);
    }
}
