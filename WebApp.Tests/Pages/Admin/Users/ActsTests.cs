using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin.Users;

/// <summary>The pages that act on an account, each through its form.</summary>
public sealed class ActsTests(SqlApp app) : IAsyncLifetime, IClassFixture<SqlApp>
{
    private Browser _person = null!;
    private Browser _staff = null!;
    private Guid _id;

    public async Task InitializeAsync()
    {
        _person = await app.NewUserAsync();
        _staff = await app.SignedInAsync("ada@example.com");
        _id = await app.UserIdAsync(_person.Email);
    }

    [Fact]
    public async Task From_the_persons_page_a_ban_is_four_fields_away_and_can_be_lifted_there()
    {
        var form = await (await _staff.GetAsync($"/admin/users/{_id}")).FollowLinkAsync("BanEnds all sessions and keeps the person out");
        var receipt = await Why(form).Fill("for", "7.00:00:00").PressAsync("Ban and end all sessions");

        Assert.Contains($"What exactly until {app.Clock.GetUtcNow().AddDays(7):d MMMM yyyy, HH:mm} UTC", receipt.Text);
        Assert.Contains("Done. 1 session ended.", receipt.Text);
        var person = await receipt.FollowLinkAsync("Back to the person");
        Assert.Contains("Banned", person.Document.QuerySelector(".badge.warn")!.TextContent);
        Assert.Contains("Banned until", person.Text);
        receipt = await Why(await _staff.GetAsync($"/admin/users/{_id}/ban")).PressAsync("Lift the ban");
        Assert.Contains("End of a ban Done.", receipt.Text);
        await _person.SignInAsync(_person.Email);
    }

    [Theory]
    [InlineData("", "", "Choose how long.")]
    [InlineData("99.00:00:00", "", "Choose how long.")]
    [InlineData("until", "", "Enter a time to come, within ten years, in UTC.")]
    [InlineData("until", "yesterday", "Enter a time to come, within ten years, in UTC.")]
    [InlineData("until", "2001-01-01T00:00", "Enter a time to come, within ten years, in UTC.")]
    [InlineData("until", "9999-01-01T00:00", "Enter a time to come, within ten years, in UTC.")]
    public async Task A_ban_needs_a_length_that_makes_sense(string length, string until, string message)
    {
        var form = await _staff.GetAsync($"/admin/users/{_id}/ban");

        var answer = await _staff.PostAsync($"/admin/users/{_id}/ban", ("__RequestVerificationToken", form.AntiforgeryToken), ("for", length), ("until", until),
            ("reason", "Maintenance"), ("caseReference", "C-1"));

        Assert.Contains(message, answer.Text);
        Assert.Equal("C-1", answer.Document.QuerySelector("[name=caseReference]")!.GetAttribute("value"));
        Assert.Single((await _person.GetAsync("/account/sessions")).SessionIds);
    }

    [Fact]
    public async Task What_an_Admin_has_closed_Support_neither_opens_nor_closes_for_less()
    {
        using var support = await app.SignedInAsync("sam@example.com");
        var path = $"/admin/users/{_id}/ban";
        await Why(await _staff.GetAsync(path)).Fill("for", "forever").PressAsync("Ban and end all sessions");

        var lifted = await Why(await support.GetAsync(path)).PressAsync("Lift the ban");
        var shortened = await Why(await support.GetAsync(path)).Fill("for", "1.00:00:00").PressAsync("Ban anew, from this moment");

        Assert.All([lifted, shortened], page => Assert.Contains("An Admin set this ban. Only an Admin may change or lift it.", page.Text));
        Assert.Contains("The account is closed for good.", shortened.Text);
        Assert.Contains("Banned For good", (await support.GetAsync($"/admin/users/{_id}")).Text);
        Assert.Equal([AuditAction.Refused, AuditAction.Refused], (await app.AuditOfAsync(_id)).TakeLast(2).Select(e => e.Action));
        // Changed by Support only where Support had the last word.
        await Why(await _staff.GetAsync(path)).PressAsync("Lift the ban");
        await Why(await support.GetAsync(path)).Fill("for", "forever").PressAsync("Ban and end all sessions");
        Assert.Contains("End of a ban Done.", (await Why(await support.GetAsync(path)).PressAsync("Lift the ban")).Text);
    }

    [Fact]
    public async Task An_account_is_deleted_only_with_its_address_typed_and_the_receipt_outlives_it()
    {
        var form = await _staff.GetAsync($"/admin/users/{_id}/delete");
        var page = await Why(form).Fill("Email", "somebody@example.com").PressAsync("Delete the account");
        Assert.Contains("That isn't the e-mail address of this account. Nothing was deleted.", page.Text);

        page = await Why(page).Fill("Email", _person.Email.ToUpperInvariant()).PressAsync("Delete the account");

        Assert.Contains("Account deleted by an Admin Done.", page.Text);
        Assert.Contains($"deleted account {_id}", page.Text);
        Assert.Equal(404, (await _staff.GetAsync($"/admin/users/{_id}")).Status);
        Assert.Contains("The account of this session was deleted", (await _person.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task Roles_are_ticked_as_they_are_and_saved_as_they_are_ticked()
    {
        var form = await _staff.GetAsync($"/admin/users/{_id}/roles");
        Assert.Empty(form.Document.QuerySelectorAll("[name=roles][checked]"));
        ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("#role-Support")!).IsChecked = true;

        var receipt = await Why(form).PressAsync("Change the roles");

        Assert.Contains("What exactly Support", receipt.Text);
        Assert.Equal(200, (await _person.GetAsync("/admin/users")).Status);
        Assert.Equal("role-Support", Assert.Single((await _staff.GetAsync($"/admin/users/{_id}/roles")).Document.QuerySelectorAll("[name=roles][checked]")).Id);
    }

    [Fact]
    public async Task Support_sees_neither_roles_nor_deletion_and_nothing_to_press_for_an_Admin()
    {
        using var support = await app.SignedInAsync("sam@example.com");
        var ada = await app.UserIdAsync("ada@example.com");

        var page = await support.GetAsync($"/admin/users/{_id}");
        Assert.DoesNotContain("Delete the account", page.Text);
        Assert.DoesNotContain("What the person may do here", page.Text);
        foreach (var path in new[] { "ban", "password", "second-factor", "confirmation", "roles", "delete" })
        {
            var (theirs, mine) = (await support.GetAsync($"/admin/users/{ada}/{path}"), await support.GetAsync($"/admin/users/{_id}/{path}"));

            Assert.Equal(403, theirs.Status);
            Assert.Equal(path is "roles" or "delete" ? 403 : 200, mine.Status);
        }
    }

    [Fact]
    public async Task What_would_lock_oneself_out_is_refused_in_words_and_written_down()
    {
        var ada = await app.UserIdAsync("ada@example.com");
        foreach (var (path, fields) in new (string, (string, string)[])[] { ("ban", [("for", "forever")]), ("roles", []), ("delete", [("Email", "ada@example.com")]), ("password?handler=Require", []), ("second-factor?handler=Remove", []) })
        {
            var form = await _staff.GetAsync($"/admin/users/{ada}/{path.Split('?')[0]}");
            Assert.DoesNotContain("danger", form.Document.QuerySelector("main")!.InnerHtml);

            var answer = await _staff.PostAsync($"/admin/users/{ada}/{path}",
                [("__RequestVerificationToken", (await _staff.GetAsync("/account/logout")).AntiforgeryToken), ("reason", "UserRequest"), ("caseReference", "C-1"), .. fields]);

            Assert.Contains("You can't do that to yourself: it could lock you out. Ask a colleague.", answer.Text);
            Assert.Equal(AuditAction.Refused, (await app.AuditOfAsync(ada))[^1].Action);
        }

        Assert.Equal(200, (await _staff.GetAsync("/admin/users")).Status);
    }

    [Fact]
    public async Task The_link_to_confirm_is_mailed_again_only_where_it_is_of_use()
    {
        Assert.Contains("is confirmed. There is nothing to do.", (await _staff.GetAsync($"/admin/users/{_id}/confirmation")).Text);
        await app.ChangeAccountAsync(_person.Email, user => user.EmailConfirmed = false);
        await app.Mail.ClearAsync(_person.Email);

        var receipt = await Why(await (await _staff.GetAsync($"/admin/users/{_id}")).FollowLinkAsync("ConfirmationMail the link to confirm the address again")).PressAsync("Mail the link again");

        Assert.Contains("Done.", receipt.Text);
        Assert.Equal("Confirm your e-mail address", (await app.Mail.NextAsync(_person.Email)).Subject);
    }

    [Fact]
    public async Task Of_an_address_staff_see_the_network_until_one_says_why_and_then_once()
    {
        var session = (await _person.GetAsync("/account/sessions")).CurrentSessionId;
        var page = await _staff.GetAsync($"/admin/users/{_id}");
        Assert.DoesNotContain("127.0.0.1", page.Body);
        Assert.Contains("127.0.0.0/24", page.Text);

        var form = await page.FollowLinkAsync("Show an address");
        Assert.DoesNotContain("127.0.0.1", form.Body);
        var shown = await Why(form).Fill("field", "SignIn").PressAsync("Show the address");

        Assert.Contains("the address it was signed in from: 127.0.0.1", shown.Text);
        var receipt = await shown.FollowLinkAsync("a receipt");
        Assert.Contains("Address looked at Done.", receipt.Text);
        Assert.DoesNotContain("127.0.0.1", receipt.Body);
        var entry = Assert.Single(await app.AuditOfAsync(_id), e => e.Action == AuditAction.RevealAddress);
        Assert.Equal((session, "it was signed in from"), (entry.SessionId, entry.Details));
        Assert.Contains("Support looked at an address of a session of yours", (await _person.GetAsync("/account/activity")).Text);
        Assert.DoesNotContain("127.0.0.1", (await _staff.GetAsync($"/admin/users/{_id}")).Body);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00000000000000000000000000000000")]
    public async Task There_is_no_address_of_a_session_that_is_none(string session)
    {
        Assert.Equal(404, (await _staff.GetAsync($"/admin/users/{_id}/sessions/{session}/address")).Status);
        using var stranger = await app.NewUserAsync();
        Assert.Equal(404, (await _staff.GetAsync($"/admin/users/{_id}/sessions/{app.KeyOf(stranger).SessionId}/address")).Status);
    }

    [Theory]
    [InlineData("/ban")]
    [InlineData("/password")]
    [InlineData("/second-factor")]
    [InlineData("/confirmation")]
    [InlineData("/roles")]
    [InlineData("/delete")]
    public async Task For_nobody_there_is_no_page_and_nothing_is_written(string path)
    {
        var nobody = Guid.NewGuid();

        Assert.Equal(404, (await _staff.GetAsync($"/admin/users/{nobody}{path}")).Status);
        var answer = await _staff.PostAsync($"/admin/users/{nobody}{path}{(path is "/password" or "/second-factor" ? "?handler=Require" : "")}",
            ("__RequestVerificationToken", (await _staff.GetAsync("/account/logout")).AntiforgeryToken), ("for", "forever"), ("reason", "Maintenance"), ("caseReference", "C-1"));
        Assert.Equal(404, answer.Status);
        Assert.Empty(await app.AuditOfAsync(nobody));
    }

    public Task DisposeAsync()
    {
        _person.Dispose();
        _staff.Dispose();
        return Task.CompletedTask;
    }

    private static Page Why(Page page) => page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-7");
}
