using Microsoft.Playwright;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>What the script adds to fields for passwords.</summary>
public sealed class PasswordFieldTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task What_was_typed_can_be_shown_and_hidden_with_the_keyboard_and_is_sent_as_a_password()
    {
        await using var tab = await chromium.NewTabAsync(320);
        await tab.Page.GotoAsync("/account/login");
        var (field, show) = (tab.Page.Locator("#Password"), tab.Page.GetByRole(AriaRole.Button, new() { Name = "Show password" }));
        var top = await TopOfButtonAsync(tab);
        await tab.FillSignInAsync("alice@example.com");
        await field.FocusAsync();

        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(show).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(field).ToHaveAttributeAsync("type", "text");
        await Expect(field).ToHaveValueAsync(Browser.DemoPassword);
        await Expect(tab.Page.GetByRole(AriaRole.Button, new() { Name = "Hide password" })).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(field).ToHaveAttributeAsync("type", "password");

        Assert.Equal(top, await TopOfButtonAsync(tab));
        Assert.Equal(320, await tab.Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        await show.ClickAsync();
        await tab.Page.EvaluateAsync("document.querySelector('main form').addEventListener('submit', () => localStorage.setItem('sent', document.getElementById('Password').type))");
        await tab.PressAsync("Sign in");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        Assert.Equal("password", await tab.Page.EvaluateAsync<string>("localStorage.getItem('sent')"));
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task While_a_new_one_is_typed_the_page_says_what_it_thinks_of_it_and_does_not_move()
    {
        await using var tab = await chromium.NewTabAsync(320);
        await tab.Page.GotoAsync("/account/register");
        await tab.Page.FillAsync("#Name", "Wilhelmina");
        var hint = tab.Page.Locator(".strength");
        await Expect(hint).ToHaveAttributeAsync("aria-live", "polite");
        await Expect(hint).ToBeEmptyAsync();
        var top = await TopOfButtonAsync(tab);

        foreach (var (password, words) in new[]
        {
            ("fourteen chars", "1 more character needed."),
            ("🧀🧀", "13 more characters needed."),
            ("abcabcabcabcabcabc", "A simple pattern: easy to guess."),
            ("qwertyuiop asdfghjkl", "A simple pattern: easy to guess."),
            ("wilhelmina 1998", "Mostly your name or address: easy to guess."),
            (Browser.Password, "Long enough, and no simple pattern."),
            ("", ""),
        })
        {
            await tab.Page.FillAsync("#Password", password);
            await Expect(hint).ToHaveTextAsync(words);
            Assert.Equal(top, await TopOfButtonAsync(tab));
        }

        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Without_scripts_nothing_is_missing()
    {
        await using var tab = await chromium.NewTabAsync(320, javaScript: false);
        await tab.Page.GotoAsync("/account/register");

        await Expect(tab.Page.Locator("main form button")).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator("#Password-hint")).ToContainTextAsync("At least 15 characters.");
    }

    private static Task<double> TopOfButtonAsync(Tab tab) =>
        tab.Page.EvaluateAsync<double>("document.querySelector('main form .primary').getBoundingClientRect().top");
}
