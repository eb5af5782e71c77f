using Microsoft.Playwright;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

public sealed class AuthenticatorInChromiumTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData(1000, true)]
    [InlineData(320, false)]
    public async Task An_app_is_set_up_by_its_picture_and_its_codes_sign_in(int width, bool javaScript)
    {
        using var registered = await chromium.App.NewUserAsync();
        await using var tab = await chromium.NewTabAsync(width, javaScript);
        await tab.SignInAsync(registered.Email, Browser.Password);
        await tab.Page.GotoAsync("/account/security");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Set up an authenticator app" }).ClickAsync();

        // The picture is there, square, and black on white whatever the colours of the page are.
        var picture = tab.Page.GetByRole(AriaRole.Img, new() { Name = "QR code for the authenticator app" });
        await Expect(picture).ToBeVisibleAsync();
        var box = (await picture.BoundingBoxAsync())!;
        Assert.InRange(box.Width, 150, 260);
        Assert.Equal(box.Width, box.Height, 1f);
        var app = new Authenticator(chromium.App.Clock, (await tab.Page.Locator("#key").TextContentAsync())!);
        await tab.Page.FillAsync("#Code", app.Code);
        await tab.PressAsync("Set up the app");

        // The recovery codes: ten, with a button to print them where a script can.
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your recovery codes");
        await Expect(tab.Page.Locator(".codes code")).ToHaveCountAsync(10);
        await Expect(tab.Page.GetByRole(AriaRole.Button, new() { Name = "Print" })).ToBeVisibleAsync(new() { Visible = javaScript });
        var recoveryCode = (await tab.Page.Locator(".codes code").First.TextContentAsync())!;
        var file = await tab.Page.RunAndWaitForDownloadAsync(() => tab.PressAsync("Download"));
        Assert.Contains(recoveryCode, await File.ReadAllTextAsync(await file.PathAsync()));
        await tab.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Expect(tab.Page.Locator(".site-header")).ToBeHiddenAsync();
        await Expect(tab.Page.Locator(".codes")).ToBeVisibleAsync();
        await tab.Page.EmulateMediaAsync(new() { Media = Media.Screen });

        // Signed out, the password alone is not enough.
        chromium.App.Clock.Advance(TimeSpan.FromSeconds(30));
        await tab.PressAsync("Sign out", "header");
        await tab.SignInAsync(registered.Email, Browser.Password);
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("One more step");
        await Expect(tab.Page.Locator("#Code")).ToBeFocusedAsync();
        await tab.Page.FillAsync("#Code", app.Code);
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("Password and authenticator app");

        // Nor is the app needed, with one of the codes that were kept.
        await tab.PressAsync("Sign out", "header");
        await tab.SignInAsync(registered.Email, Browser.Password);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Use a recovery code" }).ClickAsync();
        await tab.Page.FillAsync("#Code", recoveryCode.ToLowerInvariant());
        await tab.PressAsync("Sign in");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("You used a recovery code; 9 are left.");

        Assert.Empty(tab.Complaints);
    }
}
