using Microsoft.Playwright;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>A page that stays open warns before its session ends. Browser and app have a clock each, and the test moves both.</summary>
public sealed class DeadlineWarningTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Warning = "You will be signed out in less than two minutes";
    private const string End = "This session has ended.";

    // The idle timeout as enforced is an hour and a minute.
    private static readonly TimeSpan UntilWarning = TimeSpan.FromMinutes(59);

    [Fact]
    public async Task A_person_is_warned_two_minutes_before_stays_and_is_told_of_the_end()
    {
        await using var tab = await OpenAsync("bob@example.com");
        await tab.Page.FocusAsync("header button");
        await PassAsync(UntilWarning - TimeSpan.FromSeconds(1), tab.Page);
        await Expect(Region(tab.Page)).ToBeEmptyAsync();

        await PassAsync(TimeSpan.FromSeconds(1), tab.Page);
        await Expect(Region(tab.Page)).ToContainTextAsync(Warning);
        await Expect(tab.Page.Locator("header button")).ToBeFocusedAsync();
        await tab.PressAsync("Stay signed in", "#deadline");
        await Expect(Region(tab.Page)).ToBeEmptyAsync();

        await PassAsync(UntilWarning, tab.Page);
        await Expect(Region(tab.Page)).ToContainTextAsync(Warning);
        await PassAsync(TimeSpan.FromMinutes(2), tab.Page);
        await Expect(Region(tab.Page)).ToContainTextAsync(End);
        await Region(tab.Page).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Sign in");
        Assert.Equal("?returnUrl=%2Faccount%2Fsessions", new Uri(tab.Page.Url).Query, ignoreCase: true);
        AssertNoComplaintButEnds(tab);
    }

    [Fact]
    public async Task The_use_of_another_tab_takes_the_warning_away()
    {
        await using var tab = await OpenAsync("alice@example.com");
        var other = await tab.Page.Context.NewPageAsync();
        await PassAsync(UntilWarning, tab.Page);
        await Expect(Region(tab.Page)).ToContainTextAsync(Warning);

        await other.GotoAsync("/account");
        await PassAsync(TimeSpan.FromSeconds(10), tab.Page);

        await Expect(Region(tab.Page)).ToBeEmptyAsync();
    }

    [Fact]
    public async Task Before_an_end_that_no_use_puts_off_it_offers_to_sign_in_again()
    {
        await using var tab = await OpenAsync("alice@example.com");
        await tab.Page.ClickAsync("summary");
        await tab.Page.SelectOptionAsync("select[name=time]", "00:15:00");
        await tab.PressAsync("Set");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("That session ends in 15 minutes at the latest");

        await PassAsync(TimeSpan.FromMinutes(13), tab.Page);

        await Expect(Region(tab.Page)).ToContainTextAsync("To go on, sign in again");
        await Region(tab.Page).GetByRole(AriaRole.Link).ClickAsync();
        await tab.FillSignInAsync("alice@example.com");
        await tab.PressAsync("Sign in");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        AssertNoComplaintButEnds(tab);
    }

    [Fact]
    public async Task After_a_laptop_slept_the_page_says_that_the_session_has_ended()
    {
        await using var tab = await OpenAsync("bob@example.com");

        await PassAsync(TimeSpan.FromHours(8), tab.Page);

        await Expect(Region(tab.Page)).ToContainTextAsync(End);
    }

    [Fact]
    public async Task Without_an_answer_the_page_says_nothing()
    {
        await using var tab = await OpenAsync("sam@example.com");
        var asked = new TaskCompletionSource();
        await tab.Page.RouteAsync("**/account/remaining", async route =>
        {
            await route.AbortAsync();
            asked.TrySetResult();
        });

        await PassAsync(UntilWarning, tab.Page);

        await asked.Task.WaitAsync(Eventually.Patience);
        await Expect(Region(tab.Page)).ToBeEmptyAsync();
        // But it asks again.
        await tab.Page.UnrouteAllAsync();
        await PassAsync(TimeSpan.FromSeconds(10), tab.Page);
        await Expect(Region(tab.Page)).ToContainTextAsync(Warning);
    }

    /// <summary>A page that asks just after its session ended gets 401, and the browser itself notes that.</summary>
    private static void AssertNoComplaintButEnds(Tab tab) =>
        Assert.DoesNotContain(tab.Complaints, complaint => !complaint.Contains("401", StringComparison.Ordinal));

    private async Task<Tab> OpenAsync(string email)
    {
        var tab = await chromium.NewTabAsync();
        await tab.Page.Clock.InstallAsync();
        await tab.SignInAsync(email);
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        return tab;
    }

    /// <summary>As on a laptop that slept meanwhile: each timer of the page fires at most once.</summary>
    private async Task PassAsync(TimeSpan time, IPage page)
    {
        chromium.App.Clock.Advance(time);
        await page.Clock.FastForwardAsync((long)time.TotalMilliseconds);
    }

    private static ILocator Region(IPage page) => page.Locator("#deadline");
}
