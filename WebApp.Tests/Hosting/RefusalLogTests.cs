using System.Net.Http.Headers;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>What was refused is in the log, with who and where, and nothing that a client writes begins a line of its own.</summary>
public sealed class RefusalLogTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Fact]
    public async Task Who_opens_a_page_without_the_right_to_is_named_once()
    {
        using var user = await app.NewUserAsync();

        await user.GetAsync("/admin/users?query=secret-words");

        var line = Assert.Single(app.Log.Lines, line => line.Contains($"to user {app.KeyOf(user).UserId} ", StringComparison.Ordinal));
        Assert.StartsWith("Warning ", line, StringComparison.Ordinal);
        Assert.Contains($"Refused GET /admin/users with 302 to user {app.KeyOf(user).UserId} from 127.0.0.1", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-words", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_from_another_site_one_without_a_token_and_one_of_another_kind_are_told()
    {
        using var user = await app.NewUserAsync();
        var named = $"to user {app.KeyOf(user).UserId} from 127.0.0.1";

        await user.PostAsync("/account/logout");
        user.Headers["Sec-Fetch-Site"] = "cross-site";
        await user.PostAsync("/account/logout");
        user.Headers.Remove("Sec-Fetch-Site");
        var content = new StringContent("x=1");
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded; charset=utf-7");
        await user.SendAsync(new(HttpMethod.Post, "/account/refused-as-a-test") { Content = content });

        Assert.Single(app.Log.Lines, line => line.Contains($"Refused POST /account/logout with 400 {named}", StringComparison.Ordinal));
        // Nobody is asked who they are before it.
        Assert.Contains(app.Log.Lines, line => line.Contains("Refused POST /account/logout with 403 to user", StringComparison.Ordinal));
        Assert.Single(app.Log.Lines, line => line.Contains("Refused POST /account/refused-as-a-test with 415 to user", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_tries_sessions_of_others_is_named_each_time_and_who_presses_twice_is_not()
    {
        using Browser user = await app.NewUserAsync(), victim = await app.NewUserAsync(), second = app.NewBrowser();
        await second.SignInAsync(user.Email);
        var (foreign, own) = (app.KeyOf(victim).SessionId, app.KeyOf(second).SessionId);
        var named = $"to user {app.KeyOf(user).UserId} from 127.0.0.1";
        var token = (await user.GetAsync("/account/sessions")).AntiforgeryToken;

        foreach (var (handler, id) in new[]
                 { ("Revoke", $"{foreign}"), ("Lock", $"{foreign}"), ("Revoke", "x"), ("Revoke", $"{own}"), ("Revoke", $"{own}") })
            await user.PostAsync($"/account/sessions?handler={handler}", ("id", id), ("__RequestVerificationToken", token));
        await user.PostAsync(
            "/account/sessions?handler=Shorten", ("id", $"{foreign}"), ("time", "01:00:00"), ("__RequestVerificationToken", token));
        await user.GetAsync($"/account/sessions/{foreign}");
        await user.GetAsync($"/account/sessions/{own}");

        Assert.Equal(4, app.Log.Lines.Count(line => line.Contains($"Refused POST /account/sessions with 302 {named}", StringComparison.Ordinal)));
        Assert.Single(app.Log.Lines, line => line.Contains($"Refused GET /account/sessions/{foreign} with 404 {named}", StringComparison.Ordinal));
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains($"Refused GET /account/sessions/{own}", StringComparison.Ordinal));
        Assert.Equal("/account", (await victim.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_line_break_in_an_address_begins_no_line()
    {
        using var visitor = app.NewBrowser();

        await visitor.PostAsync("/account/login%0d%0aWarning%20forged");
        visitor.Headers["Sec-Fetch-Site"] = "cross-site";
        await visitor.PostAsync("/account/login%0d%0aWarning%20forged");

        var line = Assert.Single(app.Log.Lines, line => line.Contains("Refused POST /account/login%0D%0AWarning%20forged with 403", StringComparison.Ordinal));
        Assert.DoesNotContain('\n', line.TrimEnd());
    }

    [Fact]
    public async Task What_is_served_is_not_told()
    {
        using var user = await app.NewUserAsync();
        var userId = app.KeyOf(user).UserId;

        await user.GetAsync("/account/sessions");
        await (await user.GetAsync("/account")).PressAsync("Sign out", "header");
        await user.GetAsync("/account");

        Assert.DoesNotContain(app.Log.Lines, line => line.Contains($"to user {userId} ", StringComparison.Ordinal));
    }
}
