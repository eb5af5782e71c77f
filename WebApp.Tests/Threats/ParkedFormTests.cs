using Microsoft.Net.Http.Headers;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A form that was sent too late is kept while its sender proves who they are: for them, for that page, for ten minutes, and never a password.</summary>
public sealed class ParkedFormTests(SqlApp app) : IClassFixture<SqlApp>
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
        Assert.Equal("CASE-77", await FilledAsync(staff, victims, kept));
        Assert.Equal("", await FilledAsync(staff, $"/admin/users/{app.KeyOf(other).UserId}", kept));
        await ada.ConfirmAsync(victims, Browser.DemoPassword);
        Assert.Equal("", await FilledAsync(ada, victims, kept));
        Assert.Equal("", await FilledAsync(staff, victims, kept[..^4] + "AAAA"));
        Assert.Equal("", await FilledAsync(staff, victims, "nonsense"));
        app.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        Assert.Equal("", await FilledAsync(staff, victims, kept));
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
    public async Task What_is_too_long_to_keep_is_lost_but_does_no_harm()
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{app.KeyOf(victim).UserId}");
        page.Fill("note", new string('x', 20_000)).Fill("caseReference", "C").Fill("reason", "Other");
        app.Clock.Advance(Policy.RecentSignIn);

        var asked = await page.PressAsync("End session");

        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);
        Assert.Null(asked.Document.QuerySelector("[name=Kept]"));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2900)]
    [InlineData(4000)]
    public async Task A_long_form_that_waits_for_a_proof_fits_into_its_cookies(int length)
    {
        using var browser = await app.NewUserAsync();
        var token = (await browser.GetAsync("/account")).AntiforgeryToken;
        app.Clock.Advance(Policy.RecentSignIn);

        var answer = await browser.PostAsync("/account/sessions?handler=Revoke", ("id", new('x', length)), ("__RequestVerificationToken", token));

        Assert.StartsWith("/account/confirm?", answer.Location, StringComparison.Ordinal);
        var cookies = answer.Headers.TryGetValue("Set-Cookie", out var headers) ? SetCookieHeaderValue.ParseList(headers) : [];
        Assert.All(cookies, cookie => Assert.InRange(cookie.Name.Length + cookie.Value.Length, 1, 4096));
        Assert.Equal(length < 3000, cookies.Count > 0);
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

    private static string ValueOf(Page page, string name) => page.Document.QuerySelector($"[name={name}]") switch
    {
        AngleSharp.Html.Dom.IHtmlInputElement input => input.Value,
        AngleSharp.Html.Dom.IHtmlTextAreaElement area => area.Value,
        AngleSharp.Html.Dom.IHtmlSelectElement select => select.Value ?? "",
        var other => throw new InvalidOperationException($"{page.Address} has {other} for {name}."),
    };
}
