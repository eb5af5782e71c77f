using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Pages;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Threats;

/// <summary>A form that was sent too late is kept while its sender proves who they are: for them, for that page, for ten minutes, and never a password.</summary>
public abstract class ParkedFormTests(TestApp app)
{
    private static readonly SessionPolicy Policy = new();

    [Fact]
    public async Task What_staff_had_typed_is_still_there_after_the_confirmation()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var back = await ParkAsync(victim, staff);

        Assert.Equal($"/admin/users/{app.KeyOf(victim).UserId}", back.Address.AbsolutePath);
        Assert.Contains("what you had entered is still here", back.Text, StringComparison.Ordinal);
        Assert.Equal("CASE-77", ValueOf(back, "caseReference"));
        Assert.Equal("Lost on a train, says <b>Käthe</b>", ValueOf(back, "note"));
        Assert.Equal("ReportedTheft", ValueOf(back, "reason"));
        Assert.Empty(back.Document.QuerySelectorAll(".notice.bad"));
        Assert.Equal("/account", (await victim.GetAsync("/account")).Address.AbsolutePath);

        Assert.Contains("Done. 1 session ended.", (await back.PressAsync("End session")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_given_back_once()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var back = await ParkAsync(victim, staff);

        Assert.Equal("", ValueOf(await staff.GetAsync(back.Address.AbsolutePath), "caseReference"));
    }

    [Fact]
    public async Task It_does_not_fill_another_page_or_session_and_not_after_ten_minutes()
    {
        // Two different people: with all that other tests have signed in, another session of Sam's may end the first to make room.
        using Browser victim = await app.NewUserAsync(), other = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com"), ada = await app.SignedInAsync("ada@example.com");
        var asked = await SendLateAsync(victim, staff);
        var kept = ValueOf(asked, "Kept");
        var victims = $"/admin/users/{app.KeyOf(victim).UserId}";

        await staff.ConfirmAsync(victims, Browser.DemoPassword);
        Assert.Equal("", await FilledAsync(staff, $"/admin/users/{app.KeyOf(other).UserId}", kept));
        await ada.ConfirmAsync(victims, Browser.DemoPassword);
        Assert.Equal("", await FilledAsync(ada, victims, kept));
        Assert.Equal("", await FilledAsync(staff, victims, kept[..^4] + "AAAA"));
        Assert.Equal("", await FilledAsync(staff, victims, "nonsense"));
        // None of these took it away; the page that it is for does.
        Assert.Equal("CASE-77", await FilledAsync(staff, victims, kept));
        Assert.Equal("", await FilledAsync(staff, victims, kept));
    }

    [Fact]
    public async Task It_does_not_fill_another_session_of_the_same_person()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var kept = ValueOf(await SendLateAsync(victim, staff), "Kept");
        using var thief = await app.SignedInAsync("sam@example.com");
        var victims = $"/admin/users/{app.KeyOf(victim).UserId}";

        Assert.Equal("", await FilledAsync(thief, victims, kept));
        Assert.Equal("CASE-77", await FilledAsync(staff, victims, kept));
    }

    [Fact]
    public async Task After_ten_minutes_it_is_gone()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var kept = ValueOf(await SendLateAsync(victim, staff), "Kept");
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal("", await FilledAsync(staff, $"/admin/users/{app.KeyOf(victim).UserId}", kept));
    }

    [Fact]
    public async Task Two_forms_of_two_tabs_wait_side_by_side()
    {
        using Browser one = await app.NewUserAsync(), other = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var otherPage = (await staff.GetAsync($"/admin/users/{app.KeyOf(other).UserId}")).Fill("reason", "Other").Fill("caseReference", "CASE-78");
        var first = await SendLateAsync(one, staff);
        var second = await otherPage.PressAsync("End session");

        Assert.Equal("CASE-77", ValueOf(await first.Fill("Password", Browser.DemoPassword).PressAsync("Confirm"), "caseReference"));
        Assert.Equal("CASE-78", ValueOf(await second.Fill("Password", Browser.DemoPassword).PressAsync("Confirm"), "caseReference"));
    }

    [Fact]
    public async Task Boxes_come_back_ticked_as_they_were()
    {
        using Browser victim = await app.NewUserAsync(), second = app.NewBrowser(), ada = await app.SignedInAsync("ada@example.com");
        await second.SignInAsync(victim.Email);
        var user = app.KeyOf(victim).UserId;
        Page sessions = await ada.GetAsync($"/admin/users/{user}"), roles = await ada.GetAsync($"/admin/users/{user}/roles");
        var ticked = $"{app.KeyOf(second).SessionId}";
        ((AngleSharp.Html.Dom.IHtmlInputElement)roles.Document.QuerySelector("input[value=Support]")!).IsChecked = true;
        app.Clock.Advance(Policy.RecentSignIn);

        // The boxes stand outside of their form, which the parser does not know of.
        var askedForSessions = await ada.FollowAsync(await ada.PostAsync(
            $"/admin/users/{user}?handler=ForceSignOutSome", ("ids", ticked), ("__RequestVerificationToken", sessions.AntiforgeryToken)));
        var askedForRoles = await roles.PressAsync(LabelOf(roles));

        Assert.Equal([ticked], TickedIn(await askedForSessions.Fill("Password", Browser.DemoPassword).PressAsync("Confirm"), "ids"));
        Assert.Equal(["Support"], TickedIn(await askedForRoles.Fill("Password", Browser.DemoPassword).PressAsync("Confirm"), "roles"));
    }

    [Fact]
    public async Task A_box_that_was_unticked_does_not_come_back_ticked()
    {
        using var owner = await app.NewUserAsync();
        var page = await owner.GetAsync("/account/security/authenticator");
        var box = (AngleSharp.Html.Dom.IHtmlInputElement)page.Document.QuerySelector("#EndOthers")!;
        Assert.True(box.IsChecked);
        box.IsChecked = false;
        app.Clock.Advance(Policy.RecentSignIn);

        var asked = await page.Fill("Code", "123456").PressAsync(LabelOf(page));
        var back = await asked.Fill("Password", Browser.Password).PressAsync("Confirm");

        Assert.Equal("/account/security/authenticator", back.Address.AbsolutePath);
        Assert.False(((AngleSharp.Html.Dom.IHtmlInputElement)back.Document.QuerySelector("#EndOthers")!).IsChecked);
    }

    // A proxy takes 4 KB of headers, or 8.
    [Theory]
    [InlineData(100)]
    [InlineData(2_500)]
    public async Task A_list_of_many_addresses_comes_back_whole_and_no_header_is_long(int people)
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync("/admin/bulk/new");
        var list = string.Join('\n', Enumerable.Range(0, people).Select(number => $"someone.with-a-long-name+{number}@mail.example.com"));
        page.Pick("list").Fill("list", list).Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-99").Fill("note", "ünïcödé");
        app.Clock.Advance(Policy.RecentSignIn);

        var answer = await page.SendAsync("Preview");
        Assert.Equal(303, answer.Status);
        Assert.InRange(answer.HeaderSize, 1, 2048);
        var asked = await staff.FollowAsync(answer);
        Assert.InRange(asked.HeaderSize, 1, 2048);
        var confirmed = await asked.Fill("Password", Browser.DemoPassword).SendAsync("Confirm");
        Assert.InRange(confirmed.HeaderSize, 1, 2048);
        var back = await staff.FollowAsync(confirmed);

        Assert.Equal(list, ValueOf(back, "list").ReplaceLineEndings("\n"));
        Assert.Equal(("CASE-99", "ünïcödé", "ReportedTheft"), (ValueOf(back, "caseReference"), ValueOf(back, "note"), ValueOf(back, "reason")));
        Assert.Equal("list", back.Document.QuerySelector("input[type=radio][checked]")!.GetAttribute("value"));
    }

    [Fact]
    public async Task That_a_file_can_not_wait_is_said_before_it_is_chosen_and_before_the_password_is_typed()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync("/admin/bulk/new");
        Assert.Contains("would have to be chosen again", page.Text, StringComparison.Ordinal);
        app.Clock.Advance(Policy.RecentSignIn);
        using var form = new MultipartFormDataContent
        {
            { new StringContent(page.AntiforgeryToken), "__RequestVerificationToken" },
            { new StringContent("list"), "pick" },
            { new StringContent("CASE-100"), "caseReference" },
            { new ByteArrayContent("alice@example.com"u8.ToArray()), "file", "people.csv" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/bulk/new") { Content = form };

        var asked = await staff.FollowAsync(await staff.SendAsync(request));

        Assert.Contains("A file can't be kept while you do that", asked.Text, StringComparison.Ordinal);
        Assert.Equal("CASE-100", ValueOf(await asked.Fill("Password", Browser.DemoPassword).PressAsync("Confirm"), "caseReference"));
    }

    [Fact]
    public async Task Nothing_that_was_typed_lies_in_the_store_as_it_was_typed()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var kept = ValueOf(await SendLateAsync(victim, staff), "Kept");

        var content = await app.Services.GetRequiredService<IShortTermStore>().FindAsync(app.KeyOf(staff).UserId, Guid.ParseExact(kept, "N"));

        Assert.DoesNotContain("CASE-77", Encoding.UTF8.GetString(content!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_too_late_is_not_said_to_be_there_and_does_not_stay_in_the_browser()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var asked = await SendLateAsync(victim, staff);
        app.Clock.Advance(TimeSpan.FromMinutes(11));

        var back = await asked.Fill("Password", Browser.DemoPassword).PressAsync("Confirm");

        Assert.DoesNotContain("what you had entered is still here", back.Text, StringComparison.Ordinal);
        Assert.Equal("", ValueOf(back, "caseReference"));
        await staff.GetAsync("/account");
        Assert.DoesNotContain(staff.Cookies, cookie => cookie.Key.Contains("notice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_password_is_kept()
    {
        using var owner = await app.NewUserAsync();
        var form = await owner.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        app.Clock.Advance(Policy.RecentSignIn);

        var asked = await form.PressAsync("Change password");
        var back = await asked.Fill("Password", Browser.Password).PressAsync("Confirm");

        Assert.Equal("/account/change-password", back.Address.AbsolutePath);
        Assert.Equal(("", ""), (ValueOf(back, "CurrentPassword"), ValueOf(back, "NewPassword")));
        Assert.DoesNotContain(Browser.Password, back.Body, StringComparison.Ordinal);
    }

    // Another site could otherwise fill a form that the owner then presses.
    [Fact]
    public async Task What_comes_without_a_token_is_not_kept()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var path = $"/admin/users/{app.KeyOf(victim).UserId}";
        app.Clock.Advance(Policy.RecentSignIn);

        var asked = await staff.FollowAsync(await staff.PostAsync($"{path}?handler=ForceSignOut", ("caseReference", "PLANTED"), ("reason", "Other")));

        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);
        Assert.Null(asked.Document.QuerySelector("[name=Kept]"));
    }

    [Fact]
    public async Task What_is_too_long_to_keep_is_said_before_the_password_is_typed()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync("/admin/bulk/new");
        page.Fill("list", new string('x', KeptForms.MaxSize)).Fill("caseReference", "C").Fill("reason", "Other");
        app.Clock.Advance(Policy.RecentSignIn);

        var asked = await page.PressAsync("Preview");

        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);
        Assert.Null(asked.Document.QuerySelector("[name=Kept]"));
        Assert.Contains("What you had entered can't be kept", asked.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("multipart/form-data; boundary=x", "no form at all")]
    [InlineData("application/x-www-form-urlencoded", "%ff=%00&&&=")]
    public async Task A_form_that_can_not_be_read_is_no_mistake_of_ours(string type, string body)
    {
        using var owner = await app.NewUserAsync();
        app.Clock.Advance(Policy.RecentSignIn);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/account/sessions?handler=RevokeOthers") { Content = new StringContent(body) };
        request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);

        Assert.Equal(303, (await owner.SendAsync(request)).Status);
    }

    private async Task<Page> ParkAsync(Browser victim, Browser staff) =>
        await (await SendLateAsync(victim, staff)).Fill("Password", Browser.DemoPassword).PressAsync("Confirm");

    private async Task<Page> SendLateAsync(Browser victim, Browser staff)
    {
        var page = await staff.GetAsync($"/admin/users/{app.KeyOf(victim).UserId}");
        page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-77").Fill("note", "Lost on a train, says <b>Käthe</b>");
        app.Clock.Advance(Policy.RecentSignIn);
        return await page.PressAsync("End session");
    }

    /// <summary>What the page's field holds when the browser comes from a confirmation with that.</summary>
    private static async Task<string?> FilledAsync(Browser browser, string path, string kept)
    {
        var form = await browser.GetAsync("/account/logout");
        // The session is recent, so the page leads on at once and passes it on.
        var answer = await browser.FollowAsync(await browser.PostAsync("/account/confirm?returnUrl=" + Uri.EscapeDataString(path),
            ("Password", Browser.DemoPassword), ("Kept", kept), ("__RequestVerificationToken", form.AntiforgeryToken)));
        Assert.Equal(path, answer.Address.AbsolutePath);
        return ValueOf(answer, "caseReference");
    }

    private static IEnumerable<string> TickedIn(Page page, string name) =>
        page.Document.QuerySelectorAll($"input[type=checkbox][name={name}][checked]").Select(box => box.GetAttribute("value")!);

    /// <summary>What the button of the page's form is called.</summary>
    private static string LabelOf(Page page) =>
        page.Document.QuerySelector("main form.form button.primary, main form.form button.danger")!.TextContent.Trim();

    private static string ValueOf(Page page, string name) => page.Document.QuerySelector($"[name={name}]") switch
    {
        AngleSharp.Html.Dom.IHtmlInputElement input => input.Value,
        AngleSharp.Html.Dom.IHtmlTextAreaElement area => area.Value,
        AngleSharp.Html.Dom.IHtmlSelectElement select => select.Value ?? "",
        var other => throw new InvalidOperationException($"{page.Address} has {other} for {name}."),
    };
}

public sealed class ParkedFormOnSqlTests(SqlApp app) : ParkedFormTests(app), IClassFixture<SqlApp>;

public sealed class ParkedFormOnRedisTests(RedisApp app) : ParkedFormTests(app), IClassFixture<RedisApp>;
