using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>Browsers send a host's cookies to all of its ports: two apps on one host must not call theirs alike.</summary>
public sealed class CookieNameTests
{
    [Fact]
    public async Task Two_apps_on_one_host_leave_each_others_people_signed_in()
    {
        await using TestApp one = new(), other = new() { Settings = { ["Sessions:CookieName"] = "forum" } };
        using Browser here = await one.NewUserAsync(), there = await other.NewUserAsync();

        // As one browser has them.
        foreach (var (name, value) in there.Cookies)
            here.Cookies.Add(name, value);
        foreach (var (name, value) in here.Cookies)
            there.Cookies[name] = value;

        Assert.Equal(200, (await here.PeekAsync("/account")).Status);
        Assert.Equal(200, (await there.PeekAsync("/account")).Status);
        var form = await there.GetAsync("/account/logout");
        Assert.Equal(302, (await form.SendAsync("Sign out", "main")).Status);
        Assert.Equal(200, (await here.PeekAsync("/account")).Status);
        Assert.Equal(302, (await (await here.GetAsync("/account/logout")).SendAsync("Sign out", "main")).Status);
    }

    [Fact]
    public async Task In_production_each_of_them_has_the_word_behind_the_prefix()
    {
        await using var app = new ProductionApp { Settings = { ["Sessions:CookieName"] = "forum" } };
        await app.InitializeAsync();
        using var browser = app.NewBrowser();

        await browser.RegisterAsync();
        await (await browser.GetAsync("/account/name")).Fill("Name", "Somebody else").PressAsync("Change name");

        Assert.Equal(["__Host-forum-antiforgery", "__Host-forum-browser", "__Host-forum-session"], browser.Cookies.Keys.Order(StringComparer.Ordinal));
    }
}
