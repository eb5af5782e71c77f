using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Accounts.Notices;

namespace WebApp.Tests.Testing;

/// <summary>The app as it is outside Development in one respect: a new account has to be confirmed by mail.</summary>
public class ConfirmingApp : TestApp
{
    public ConfirmingApp() => Settings["Accounts:RequireConfirmedEmail"] = "true";
}

/// <summary>The same on a real Redis.</summary>
public sealed class ConfirmingRedisApp : ConfirmingApp, IAsyncLifetime
{
    public RedisServer Redis { get; } = new();

    public async Task InitializeAsync()
    {
        await Redis.InitializeAsync();
        Settings["ConnectionStrings:Redis"] = Redis.ConnectionString;
        await UntilReadyAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>What people do whose way leads through their mailbox.</summary>
public static class ByMail
{
    /// <summary>Fills and sends the registration form.</summary>
    public static async Task<Page> AskForAccountAsync(this Browser browser, string email, string password = Browser.Password, string name = "Someone")
    {
        var form = await browser.GetAsync("/account/register");
        return await form.Fill("Name", name).Fill("Email", email).Fill("Password", password).PressAsync("Create account");
    }

    /// <summary>Asks for a new password, and returns the link out of the mail.</summary>
    public static async Task<string> ResetLinkAsync(this TestApp app, string email)
    {
        using var browser = app.NewBrowser();
        await browser.ForgetPasswordAsync(email);
        // There may be notices as well.
        while (true)
        {
            if ((await app.Mail.NextAsync(email)).Links.FirstOrDefault(link => link.AbsolutePath == "/account/reset-password") is { } link)
                return link.PathAndQuery;
        }
    }

    /// <summary>Fills and sends the form for those who forgot their password.</summary>
    public static async Task<Page> ForgetPasswordAsync(this Browser browser, string email)
    {
        var form = await (await browser.GetAsync("/account/login")).FollowLinkAsync("Forgot your password?");
        return await form.Fill("Email", email).PressAsync("Send the link");
    }

    /// <summary>Opens the link and sets the password.</summary>
    public static async Task<Page> ResetPasswordAsync(this Browser browser, string link, string password) =>
        await (await browser.GetAsync(link)).Fill("NewPassword", password).PressAsync("Set the new password");

    /// <summary>Opens the link and enters the password chosen at registration.</summary>
    public static async Task<Page> ConfirmEmailAsync(this Browser browser, string link, string password = Browser.Password) =>
        await (await browser.GetAsync(link)).Fill("Password", password).PressAsync("Confirm and sign in");

    /// <summary>Changes an account behind the pages, without telling its sessions of a new stamp.</summary>
    public static Task ChangeAccountAsync(this TestApp app, string email, Action<AppUser> change) => app.InRequestAsync<UserManager<AppUser>>(async users =>
    {
        var user = (await users.FindByEmailAsync(email))!;
        change(user);
        Assert.True((await users.UpdateAsync(user)).Succeeded);
    });

    /// <summary>A token for a mailed link, as the app would make it.</summary>
    public static async Task<string> SealAsync(this TestApp app, TokenPurpose purpose, string email, TimeSpan lifetime, string content = "")
    {
        await using var scope = app.Services.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync(email);
        return scope.ServiceProvider.GetRequiredService<OneTimeTokens>().Seal(purpose, user, lifetime, content);
    }

    /// <summary>Notes the account as it is, and returns what a notice's link says of it.</summary>
    public static Task<string> TakeSnapshotAsync(this TestApp app, string email) => app.InRequestAsync<IServiceProvider, string>(async services =>
    {
        var user = await services.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync(email);
        return (await services.GetRequiredService<AccountSnapshots>().TakeAsync(user!)).Id.ToString();
    });

    /// <summary>An account past the rules for registering one.</summary>
    public static Task AddAccountRowAsync(this TestApp app, string email, bool confirmed) => app.InRequestAsync<AppDbContext>(async db =>
    {
        db.Users.Add(new()
        {
            UserName = email,
            Email = email,
            NormalizedUserName = email.ToUpperInvariant(),
            NormalizedEmail = email.ToUpperInvariant(),
            Name = "Pending",
            SecurityStamp = "none",
            EmailConfirmed = confirmed,
            CreatedAt = app.Clock.GetUtcNow(),
        });
        await db.SaveChangesAsync();
    });
}
