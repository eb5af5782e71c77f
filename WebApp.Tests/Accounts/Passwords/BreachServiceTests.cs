using Microsoft.AspNetCore.Http;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Passwords;

/// <summary>The service that knows stolen passwords: asked without being told, and never in the way.</summary>
public sealed class BreachServiceTests : IAsyncLifetime
{
    private readonly TestApp _app = new();
    private StolenPasswords _service = null!;

    private IReadOnlyList<string> Warnings => [.. _app.Log.Lines.Where(line => line.StartsWith("Warning WebApp.Accounts.Passwords.BreachService", StringComparison.Ordinal))];

    public async Task InitializeAsync()
    {
        _service = await StolenPasswords.StartAsync();
        _app.Settings["Passwords:BreachService"] = _service.Address.ToString();
        _app.Settings["Passwords:ParallelHashes"] = "1";
        // Whatever a busy machine takes for a good answer.
        _app.Settings["Passwords:BreachTimeout"] = "00:00:10";
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    /// <summary>And forgets that it asked for the demo accounts.</summary>
    private void StartApp()
    {
        _ = _app.Address;
        _service.Asked.Clear();
    }

    [Fact]
    public async Task A_stolen_password_is_refused_and_the_service_learns_five_digits_of_its_hash()
    {
        StartApp();
        _service.Knows(Browser.Password, times: 1);

        var page = await RegisterAsync();

        Assert.Contains("That password is known from stolen collections", page.Text, StringComparison.Ordinal);
        Assert.Equal([($"/range/{StolenPasswords.HashOf(Browser.Password)[..5]}", "true")], _service.Asked);
    }

    [Fact]
    public async Task A_hash_that_is_there_for_padding_and_those_of_others_are_none_of_it()
    {
        _service.Knows(Browser.Password, times: 0);
        Assert.Equal("/account/sessions", (await RegisterAsync()).Address.AbsolutePath);

        _service.Knows("another good passphrase", times: 7);
        Assert.Equal("/account/sessions", (await RegisterAsync()).Address.AbsolutePath);
        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task A_change_of_the_password_asks_for_the_new_one_and_a_sign_in_for_none()
    {
        using var browser = await _app.NewUserAsync();
        await browser.SignInAsync(browser.Email);
        _service.Asked.Clear();
        _service.Knows("another good passphrase", times: 2);

        var form = await browser.GetAsync("/account/change-password");
        var page = await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase").PressAsync("Change password");

        Assert.Contains("That password is known from stolen collections", page.Text, StringComparison.Ordinal);
        Assert.Equal($"/range/{StolenPasswords.HashOf("another good passphrase")[..5]}", Assert.Single(_service.Asked).Path);
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("trickling")]
    [InlineData("failing")]
    [InlineData("elsewhere")]
    [InlineData("garbage")]
    [InlineData("endless")]
    [InlineData("down")]
    public async Task Without_a_good_answer_in_time_the_password_is_taken_and_one_line_a_minute_says_so(string fault)
    {
        _app.Settings["Passwords:BreachTimeout"] = "00:00:00.3";
        _service.Answer = context => fault switch
        {
            "slow" => Task.Delay(Timeout.Infinite, context.RequestAborted),
            "trickling" => TrickleAsync(context),
            "failing" => FailAsync(context, StatusCodes.Status500InternalServerError),
            "elsewhere" => FailAsync(context, StatusCodes.Status302Found),
            "garbage" => context.Response.WriteAsync("<html>This is not what you are looking for: 1</html>"),
            _ => EndlessAsync(context),
        };
        if (fault == "down")
            await _service.DisposeAsync();
        using var browser = _app.NewBrowser();

        await browser.RegisterAsync();
        await browser.RegisterAsync();

        Assert.Single(Warnings);

        static async Task TrickleAsync(HttpContext context)
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(50);
            }
        }

        static async Task EndlessAsync(HttpContext context)
        {
            var lines = string.Concat(Enumerable.Repeat("0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n", 1000));
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(lines);
        }

        static Task FailAsync(HttpContext context, int status)
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (status, "http://127.0.0.1:1/");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Whoever_waits_for_the_service_keeps_nobody_from_signing_in()
    {
        using Browser other = _app.NewBrowser(), browser = await _app.NewUserAsync();
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        _service.Answer = async context =>
        {
            asked.SetResult();
            await release.Task.WaitAsync(context.RequestAborted);
        };
        var form = await browser.GetAsync("/account/change-password");
        var change = form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase").PressAsync("Change password");
        await asked.Task;

        await other.SignInAsync("alice@example.com", Browser.DemoPassword);

        Assert.False(change.IsCompleted, "The service was waited for all the while");
        release.SetResult();
        Assert.Contains("Your password is changed.", (await change).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_resets_a_password_keeps_nobody_from_signing_in_either()
    {
        StartApp();
        using Browser other = _app.NewBrowser(), browser = _app.NewBrowser();
        var form = await browser.GetAsync(await _app.ResetLinkAsync("bob@example.com"));
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        _service.Answer = async context =>
        {
            asked.SetResult();
            await release.Task.WaitAsync(context.RequestAborted);
        };
        var reset = form.Fill("NewPassword", "another good passphrase").PressAsync("Set the new password");
        await asked.Task;

        await other.SignInAsync("alice@example.com", Browser.DemoPassword);

        Assert.False(reset.IsCompleted, "The service was waited for all the while");
        release.SetResult();
        Assert.Contains("Your password is changed", (await reset).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_line_of_the_log_holds_a_password_its_hash_or_what_was_asked()
    {
        _app.Log.KeepsEverything = true;
        _service.Knows(Browser.Password, times: 3);
        await RegisterAsync();
        await _service.DisposeAsync();
        await RegisterAsync();

        var hash = StolenPasswords.HashOf(Browser.Password);
        foreach (var secret in new[] { Browser.Password, hash, hash[5..], $"range/{hash[..5]}" })
            Assert.DoesNotContain(_app.Log.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private async Task<Page> RegisterAsync()
    {
        using var browser = _app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        return await form.Fill("Name", "New").Fill("Email", $"{Guid.NewGuid():N}@example.com").Fill("Password", Browser.Password).PressAsync("Create account");
    }
}
