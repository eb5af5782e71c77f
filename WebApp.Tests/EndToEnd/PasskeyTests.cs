using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>Passkeys in a real browser: its own dialogs' part, passkeys.js, and the pages around it.</summary>
public sealed class PasskeyTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Security = "/account/security/passkeys";

    /// <summary>A device in software answers an offer at once, before anybody presses a button.</summary>
    private const string NoOffers = "PublicKeyCredential.isConditionalMediationAvailable = async () => false";

    [Fact]
    public async Task A_passkey_is_added_renamed_used_to_sign_in_and_removed()
    {
        await using var tab = await NewPersonAsync();
        await tab.Page.Context.AddInitScriptAsync(NoOffers);
        var device = await VirtualAuthenticator.PlugInAsync(tab.Page);

        await AddAsync(tab);
        await tab.Page.GotoAsync(Security);
        await Expect(tab.Page.Locator("[data-passkey-id]")).ToContainTextAsync("Chrome on Linux");
        await Expect(tab.Page.Locator("[data-passkey-id]")).ToContainTextAsync("Never yet");
        Assert.Equal(1, await device.CountAsync());

        await tab.Page.Locator("summary", new() { HasText = "Rename" }).ClickAsync();
        await tab.Page.Locator("[data-passkey-id] input[name=name]").FillAsync("My laptop");
        await tab.PressAsync("Rename");
        await Expect(tab.Page.Locator("[data-passkey-id] h3")).ToHaveTextAsync("My laptop");

        // The same device again: the browser itself says that it has one.
        await tab.PressAsync("Add a passkey");
        await Expect(tab.Page.Locator("[data-says]")).ToHaveTextAsync("This device has a passkey for your account already.");

        await SignOutAsync(tab);
        await tab.Page.GotoAsync("/account/login");
        await tab.PressAsync("Sign in with a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        await tab.Page.GotoAsync(Security);
        await Expect(tab.Page.Locator("[data-passkey-id]")).ToContainTextAsync("just now");
        await Expect(tab.Page.Locator("[data-passkey-id]")).Not.ToContainTextAsync("Never yet");

        await tab.Page.Locator("[data-passkey-id]").GetByText("Remove").ClickAsync();
        await tab.PressAsync("Remove the passkey");
        await Expect(tab.Page.Locator("[role=alert]")).ToContainTextAsync("Say that two-factor sign-in is to be turned off");
        await tab.Page.CheckAsync("#TurnOff");
        await tab.PressAsync("Remove the passkey");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("The passkey “My laptop” is removed.");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task The_browser_offers_a_passkey_at_the_sign_in_page_by_itself()
    {
        await using var tab = await NewPersonAsync();
        await VirtualAuthenticator.PlugInAsync(tab.Page);
        await AddAsync(tab);
        await SignOutAsync(tab);

        // Whoever picks it among the names of the e-mail field: here the device does so at once.
        await tab.Page.GotoAsync("/account/login?returnUrl=%2Faccount");

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your account");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task A_passkey_is_the_second_step_and_confirms_and_unlocks()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        await using var tab = await NewPersonAsync(email);
        await tab.Page.Context.AddInitScriptAsync(NoOffers);
        await VirtualAuthenticator.PlugInAsync(tab.Page);
        await AddAsync(tab);
        await SignOutAsync(tab);

        await tab.SignInAsync(email, Browser.Password);
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("One more step");
        await tab.PressAsync("Use a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");

        chromium.App.Clock.Advance(TimeSpan.FromHours(1));
        await tab.Page.GotoAsync(Security);
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Confirm it's you");
        await tab.PressAsync("Confirm with a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Passkeys");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("Thank you. You can go on now.");

        await LockAsync(email);
        await tab.Page.GotoAsync("/account");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Confirm it's you");
        await tab.PressAsync("Confirm with a passkey");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("This session is unlocked.");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task What_goes_wrong_is_said_beside_the_button_which_can_be_pressed_again()
    {
        await using var tab = await NewPersonAsync();
        var device = await VirtualAuthenticator.PlugInAsync(tab.Page);
        await tab.Page.GotoAsync(Security);
        var says = tab.Page.Locator("[data-says]");

        // Not the person's finger: the browser tells the page no more than of a dialog that was closed.
        await device.SetKnowsPersonAsync(false);
        await tab.PressAsync("Add a passkey");
        await Expect(says).ToHaveTextAsync("Nothing was done: it was cancelled, took too long, or this device has no passkey for it. Try again when you are ready.");
        await Expect(tab.Page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" })).ToBeFocusedAsync();

        await tab.Page.Context.SetOfflineAsync(true);
        await tab.PressAsync("Add a passkey");
        await Expect(says).ToHaveTextAsync("That did not work. Check your connection, and try again.");
        await tab.Page.Context.SetOfflineAsync(false);

        await device.SetKnowsPersonAsync(true);
        await tab.PressAsync("Add a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your recovery codes");
    }

    [Fact]
    public async Task No_button_is_shown_that_can_not_work()
    {
        await using var without = await chromium.NewTabAsync(javaScript: false, site: chromium.Localhost);
        await without.Page.GotoAsync("/account/login");
        await Expect(without.Page.GetByText("Sign in with a passkey")).ToBeHiddenAsync();

        await using var old = await NewPersonAsync();
        await old.Page.Context.AddInitScriptAsync("delete window.PublicKeyCredential");
        await old.Page.GotoAsync(Security);
        await Expect(old.Page.GetByText("This browser doesn't know passkeys.")).ToBeVisibleAsync();
        await Expect(old.Page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" })).ToBeHiddenAsync();
        Assert.Empty(without.Complaints.Concat(old.Complaints));
    }

    [Fact]
    public async Task Browsers_that_lack_the_newer_functions_can_use_passkeys_too()
    {
        await using var tab = await NewPersonAsync();
        await VirtualAuthenticator.PlugInAsync(tab.Page);
        await tab.Page.Context.AddInitScriptAsync(
            "delete PublicKeyCredential.parseCreationOptionsFromJSON; delete PublicKeyCredential.parseRequestOptionsFromJSON; delete PublicKeyCredential.prototype.toJSON; delete PublicKeyCredential.isConditionalMediationAvailable");

        await AddAsync(tab);
        await SignOutAsync(tab);
        await tab.Page.GotoAsync("/account/login");
        await tab.PressAsync("Sign in with a passkey");

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task The_pages_fit_a_small_phone()
    {
        await using var tab = await NewPersonAsync(width: 320);
        await VirtualAuthenticator.PlugInAsync(tab.Page);
        await tab.Page.GotoAsync(Security);
        await tab.Page.FillAsync("#Name", new string('W', 60));
        await tab.PressAsync("Add a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your recovery codes");
        foreach (var path in new[] { Security, "/account/security" })
        {
            await tab.Page.GotoAsync(path);
            Assert.Equal(320, await tab.Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        }

        await tab.Page.GotoAsync(Security);
        await tab.Page.Locator("[data-passkey-id]").GetByText("Remove").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToContainTextAsync("Remove");
        Assert.Equal(320, await tab.Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        Assert.Empty(tab.Complaints);
    }

    private async Task<Tab> NewPersonAsync(string? email = null, int width = 1000)
    {
        var tab = await chromium.NewTabAsync(width, site: chromium.Localhost);
        await tab.Page.GotoAsync("/account/register");
        await tab.Page.FillAsync("[name=Name]", "Someone");
        await tab.Page.FillAsync("[name=Email]", email ?? $"{Guid.NewGuid():N}@example.com");
        await tab.Page.FillAsync("[name=Password]", Browser.Password);
        await tab.PressAsync("Create account");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        return tab;
    }

    private static async Task AddAsync(Tab tab)
    {
        await tab.Page.GotoAsync(Security);
        await tab.PressAsync("Add a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your recovery codes");
    }

    private static async Task SignOutAsync(Tab tab)
    {
        await tab.PressAsync("Sign out", "header");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("You are signed out.");
    }

    private async Task LockAsync(string email)
    {
        var sessions = chromium.App.Services.GetRequiredService<SessionManager>();
        var userId = await chromium.App.UserIdAsync(email);
        Assert.True(await sessions.LockAsync(userId, (await sessions.ListAsync(userId)).Live.Single().Id, LockReason.User));
    }
}
