using System.Collections.Concurrent;
using Microsoft.Playwright;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>What only a real browser shows: scripts, the content security policy, layout, keyboard and history.</summary>
public sealed class ChromiumTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const int NarrowestWidth = 320;

    [Fact]
    public async Task A_person_ends_one_of_two_browsers_and_when_the_laptop_is_stolen_support_ends_the_laptops_session_only()
    {
        await using var laptop = await chromium.NewTabAsync();
        await using var phone = await chromium.NewTabAsync(NarrowestWidth);
        await using var staff = await chromium.NewTabAsync();

        // Twice signed in: each browser sees both, itself first.
        await laptop.SignInAsync("alice@example.com");
        await phone.SignInAsync("alice@example.com");
        await laptop.Page.ReloadAsync();
        await Expect(laptop.Page.Locator("[data-session-id]")).ToHaveCountAsync(2);
        await Expect(laptop.Page.Locator("[data-session-id]").First).ToHaveAttributeAsync("aria-current", "true");
        await Expect(laptop.Page.Locator("[data-session-id]").First).ToContainTextAsync("Chrome on Linux");

        // Ended from the laptop, the phone is told at its next click.
        await laptop.PressAsync("Sign out", "[data-session-id]:not([aria-current])");
        await Expect(laptop.Page.Locator("main")).ToContainTextAsync("That device has been signed out.");
        await phone.Page.GetByRole(AriaRole.Link, new() { Name = "Account", Exact = true }).ClickAsync();
        await Expect(phone.Page.Locator("main")).ToContainTextAsync("You were signed out from another device, just now.");

        // The laptop is stolen. On the phone with its owner, support finds the person and ends the laptop's session, and gets a receipt.
        await phone.SignInAsync("alice@example.com");
        await laptop.Page.GotoAsync("/account/sessions");
        var stolen = await laptop.Page.Locator("[data-session-id][aria-current]").GetAttributeAsync("data-session-id");
        await staff.SignInAsync("sam@example.com");
        await staff.Page.GotoAsync("/admin/users?q=alice");
        await staff.Page.GetByRole(AriaRole.Link, new() { Name = "alice@example.com" }).ClickAsync();
        await staff.Page.SelectOptionAsync("#reason", "ReportedTheft");
        await staff.Page.FillAsync("#caseReference", "CASE-42");
        await staff.Page.FillAsync("#note", "called from a known number");
        await staff.PressAsync("End session", $"[data-session-id='{stolen}']");
        await Expect(staff.Page.Locator("main")).ToContainTextAsync("Done. 1 session ended.");
        await Expect(staff.Page.Locator("main")).ToContainTextAsync("Chrome on Linux");
        await Expect(staff.Page.Locator("main")).ToContainTextAsync("CASE-42");
        Assert.Matches("/admin/receipts/[0-9]+$", staff.Page.Url);

        // The laptop learns by whom; the phone goes on, and shows its owner the line.
        await laptop.Page.GetByRole(AriaRole.Link, new() { Name = "Account", Exact = true }).ClickAsync();
        await Expect(laptop.Page.Locator("main")).ToContainTextAsync("Support ended this session, just now.");
        await Expect(laptop.Page.Locator("main")).Not.ToContainTextAsync("CASE-42");
        await phone.Page.GotoAsync("/account/sessions");
        await Expect(phone.Page.Locator("[data-session-id]")).ToHaveCountAsync(1);
        await Expect(phone.Page.Locator("main")).ToContainTextAsync("Ended by support just now: reported theft. Case CASE-42.");
        await phone.Page.GotoAsync("/account/activity");
        await Expect(phone.Page.Locator("main")).ToContainTextAsync("reported theft");
        await Expect(phone.Page.Locator("main")).ToContainTextAsync("CASE-42");
        await Expect(phone.Page.Locator("main")).Not.ToContainTextAsync("known number");

        Assert.Empty(laptop.Complaints.Concat(phone.Complaints).Concat(staff.Complaints));
    }

    [Fact]
    public async Task A_session_is_found_by_its_name_locked_brought_back_with_the_password_and_disowned()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        await RegisterAsync(email, "Someone");
        await using var laptop = await chromium.NewTabAsync();
        await using var phone = await chromium.NewTabAsync(NarrowestWidth);
        await laptop.SignInAsync(email, Browser.Password);
        // The browser that registered.
        await laptop.Page.GotoAsync("/account/sessions");
        await laptop.PressAsync("Sign out the other session");
        await phone.SignInAsync(email, Browser.Password);

        // Which one is it? The other says its name.
        await laptop.Page.GotoAsync("/account/sessions");
        await laptop.Page.Locator("[data-session-id]:not([aria-current]) h3 a").First.ClickAsync();
        await laptop.PressAsync("Show the name there");
        var name = await laptop.Page.Locator("main .called").First.TextContentAsync();
        await phone.Page.GotoAsync("/account");
        await Expect(phone.Page.Locator("body")).ToContainTextAsync(name!.Trim());

        // Locked, it asks; the back button leads past nothing; the password brings it back where it was going.
        await laptop.Page.GotoAsync("/account/sessions");
        await laptop.PressAsync("Lock", "[data-session-id]:not([aria-current])");
        await phone.Page.GotoAsync("/account/change-password");
        await Expect(phone.Page.Locator("h1")).ToHaveTextAsync("Confirm it's you");
        await phone.Page.GoBackAsync();
        await phone.Page.ReloadAsync();
        await Expect(phone.Page.Locator("h1")).ToHaveTextAsync("Confirm it's you");
        await phone.Page.FillAsync("[name=Password]", Browser.Password);
        await phone.PressAsync("Confirm");
        await Expect(phone.Page.Locator("main")).ToContainTextAsync("This session is unlocked.");

        // And one click ends what was somebody else's, and asks for a new password.
        await laptop.Page.GotoAsync("/account/sessions");
        await laptop.Page.Locator("[data-session-id]:not([aria-current]) h3 a").First.ClickAsync();
        await Expect(laptop.Page.Locator(".story")).ToContainTextAsync("Unlocked");
        await laptop.PressAsync("This wasn't me", "section[aria-labelledby=wrong]");
        await Expect(laptop.Page.Locator("h1")).ToHaveTextAsync("Change password");
        await phone.Page.GotoAsync("/account");
        await Expect(phone.Page.Locator("h1")).ToHaveTextAsync("Sign in");

        Assert.Empty(laptop.Complaints.Concat(phone.Complaints));
    }

    [Fact]
    public async Task No_page_is_wider_than_a_small_phone_or_complains()
    {
        var email = $"a.person.with-quite-a-long-address.{Guid.NewGuid():N}@subdomain.example.com";
        var userId = await RegisterAsync(email, new string('W', 80));
        await using var visitor = await chromium.NewTabAsync(NarrowestWidth);
        await using var person = await chromium.NewTabAsync(NarrowestWidth);
        await person.SignInAsync(email, Browser.Password);
        await using var staff = await chromium.NewTabAsync(NarrowestWidth);
        await staff.SignInAsync("ada@example.com");
        var broken = new List<string>();

        await VisitAsync(visitor, "/", "/account/login", "/account/login?returnUrl=%2Faccount", "/account/logout", "/account/register", "/account/access-denied", "/nothing", "/unavailable.html");
        await VisitAsync(person, "/", "/account", "/account/sessions", "/account/change-password", "/account/logout", "/admin/users", "/account/security",
            "/account/security/authenticator", "/account/activity", "/account/name", "/account/email", "/account/data", "/account/delete", "/account/goodbye");
        await VisitAsync(staff, "/", "/admin/users", "/admin/users?q=nobody-at-all", $"/admin/users/{userId}", "/admin/audit", "/account/sessions");
        await staff.Page.GotoAsync($"/admin/users/{userId}");
        await staff.Page.EvaluateAsync("document.getElementById('force').noValidate = true");
        await staff.PressAsync("End all 2 sessions");
        await Expect(staff.Page.Locator("[role=alert]")).ToBeVisibleAsync();
        await MeasureAsync(staff, "the form of staff with messages");
        await person.Page.GotoAsync("/account/change-password");
        await person.Page.EvaluateAsync("document.querySelector('main form').noValidate = true");
        await person.PressAsync("Change password");
        await Expect(person.Page.Locator("[role=alert]")).ToBeVisibleAsync();
        await MeasureAsync(person, "the change of password with messages");

        Assert.Empty(broken);
        Assert.Empty(visitor.Complaints.Concat(person.Complaints).Concat(staff.Complaints));

        async Task VisitAsync(Tab tab, params string[] paths)
        {
            foreach (var path in paths)
            {
                await tab.Page.GotoAsync(path);
                await MeasureAsync(tab, path);
            }
        }

        async Task MeasureAsync(Tab tab, string what)
        {
            var width = await tab.Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth");
            if (width > NarrowestWidth)
                broken.Add($"{what} is {width} wide: {await tab.Page.EvaluateAsync<string>("[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 320.5).map(e => e.outerHTML.slice(0, 80)).join(' | ')")}");
        }
    }

    [Fact]
    public async Task The_keyboard_alone_suffices()
    {
        await using var tab = await chromium.NewTabAsync();
        await tab.Page.GotoAsync("/account/login");

        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await Expect(tab.Page.GetByText("Skip to the content")).ToBeInViewportAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("#content")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Page.Locator("input[type=email]")).ToBeFocusedAsync();
        await tab.Page.Keyboard.TypeAsync("bob@example.com");
        await tab.Page.Keyboard.PressAsync("Tab");
        await tab.Page.Keyboard.TypeAsync(Browser.DemoPassword);
        await tab.Page.Keyboard.PressAsync("Enter");

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Enter_in_the_form_of_staff_ends_nothing_by_accident()
    {
        var userId = await RegisterAsync($"{Guid.NewGuid():N}@example.com", "Someone");
        await using var staff = await chromium.NewTabAsync();
        await staff.SignInAsync("sam@example.com");
        await staff.Page.GotoAsync($"/admin/users/{userId}");
        await staff.Page.SelectOptionAsync("#reason", "Maintenance");
        await staff.Page.FillAsync("#caseReference", "CASE-1");
        var sent = new ConcurrentQueue<string>();
        staff.Page.Request += (_, request) => sent.Enqueue(request.Method);

        await staff.Page.PressAsync("#caseReference", "Enter");

        await staff.Page.ReloadAsync();
        Assert.DoesNotContain("POST", sent);
        await Expect(staff.Page.Locator("[data-session-id]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task The_back_button_shows_no_private_page_after_signing_out()
    {
        await using var tab = await chromium.NewTabAsync();
        await tab.SignInAsync("bob@example.com");
        await tab.Page.GotoAsync("/account");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("bob@example.com");
        await tab.PressAsync("Sign out", "header");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("You are signed out.");

        await tab.Page.GoBackAsync();

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Sign in");
        Assert.DoesNotContain("bob@example.com", await tab.Page.ContentAsync());
    }

    [Fact]
    public async Task Everything_works_without_JavaScript()
    {
        await using var tab = await chromium.NewTabAsync(javaScript: false);
        await using var other = await chromium.NewTabAsync(javaScript: false);

        await tab.Page.GotoAsync("/account/register");
        await tab.Page.FillAsync("input[name=Name]", "Someone");
        var email = $"{Guid.NewGuid():N}@example.com";
        await tab.Page.FillAsync("input[type=email]", email);
        await tab.Page.FillAsync("input[type=password]", Browser.Password);
        await tab.PressAsync("Create account");
        await other.SignInAsync(email, Browser.Password);
        await tab.Page.ReloadAsync();
        await tab.PressAsync("Sign out the other session");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("One other session was signed out.");
        await Expect(tab.Page.Locator("time").First).ToHaveTextAsync("just now");
        await tab.PressAsync("Sign out", "header");

        await Expect(tab.Page.Locator("main")).ToContainTextAsync("You are signed out.");
    }

    private async Task<Guid> RegisterAsync(string email, string name)
    {
        using var browser = chromium.App.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        await form.Fill("Name", name).Fill("Email", email).Fill("Password", Browser.Password).PressAsync("Create account");
        return await chromium.App.UserIdAsync(email);
    }
}
