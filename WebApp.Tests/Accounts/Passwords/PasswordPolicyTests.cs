using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Passwords;

/// <summary>What is asked of passwords, as people meet it (ASVS 5.0, 6.2; NIST SP 800-63B-4, 3.1.1.2).</summary>
public abstract class PasswordPolicyTests(TestApp app)
{
    [Theory]
    [InlineData("fourteen chars", "Use at least 15 characters.")]
    [InlineData("Correct Horse Battery Staple", "That password is among the first that are tried")]
    [InlineData("abcabcabcabcabcabc", "That password is mostly a repetition or a row of characters")]
    [InlineData("Wilhelmina 1998!", "That password is mostly your name, your e-mail address or the name of this site")]
    public async Task What_is_refused_is_explained_at_the_form_to_register_and_at_the_change(string password, string words)
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        var refused = await form.Fill("Name", "Wilhelmina").Fill("Email", $"{Guid.NewGuid():N}@example.com").Fill("Password", password).PressAsync("Create account");
        AssertRefused(refused, "Password", words);
        Assert.Null(browser.SessionCookie);

        await browser.RegisterAsync("Wilhelmina");
        form = await browser.GetAsync("/account/change-password");
        AssertRefused(await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", password).PressAsync("Change password"), "NewPassword", words);
        await browser.SignInAsync(browser.Email);

        static void AssertRefused(Page page, string field, string words)
        {
            Assert.Contains(words, page.Document.GetElementById($"{field}-error")!.TextContent, StringComparison.Ordinal);
            Assert.All(page.Document.QuerySelectorAll("input[type=password]"), input => Assert.False(input.HasAttribute("value")));
        }
    }

    [Fact]
    public async Task A_reset_is_held_to_the_same_rules()
    {
        var user = await app.NewAccountAsync();

        var result = await app.InRequestAsync<UserManager<AppUser>, IdentityResult>(async users =>
        {
            var known = (await users.FindByEmailAsync(user.Email!))!;
            return await users.ResetPasswordAsync(known, await users.GeneratePasswordResetTokenAsync(known), "correct horse battery staple");
        });

        Assert.Equal("PasswordTooCommon", Assert.Single(result.Errors).Code);
    }

    [Fact]
    public async Task With_a_second_factor_a_shorter_one_is_taken()
    {
        using var browser = await app.NewUserAsync();
        await app.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var user = (await users.FindByEmailAsync(browser.Email))!;
            Assert.True((await users.SetTwoFactorEnabledAsync(user, true)).Succeeded);
            Assert.True((await users.ChangePasswordAsync(user, Browser.Password, "vk4 wq7m")).Succeeded);
            Assert.Equal("PasswordTooShort", Assert.Single((await users.ChangePasswordAsync(user, "vk4 wq7m", "vk4 wq7")).Errors).Code);
        });
    }

    [Fact]
    public async Task It_is_verified_exactly_as_it_was_received()
    {
        const string Exact = "  Café Zürich, 7 Ünïcode Öwls ";
        using var browser = await app.NewUserAsync();
        var form = await browser.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", Exact).PressAsync("Change password");

        foreach (var other in new[] { Exact.Trim(), Exact.TrimEnd(), Exact.ToLowerInvariant(), Exact.Replace("é", "e\u0301", StringComparison.Ordinal) })
        {
            using var stranger = app.NewBrowser();
            await stranger.TrySignInAsync(browser.Email, other);
            Assert.True(stranger.SessionCookie is null, $"\"{other}\" is another password");
        }

        await browser.SignInAsync(browser.Email, Exact);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public async Task A_long_one_counts_to_its_last_character(int length)
    {
        var password = string.Concat(Enumerable.Repeat("violet kettles hum ", 10))[..(length - 1)] + "x";
        using var browser = await app.NewUserAsync();
        var form = await browser.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", password).PressAsync("Change password");
        using var stranger = app.NewBrowser();

        await stranger.TrySignInAsync(browser.Email, password[..^1] + "y");

        Assert.Null(stranger.SessionCookie);
        await browser.SignInAsync(browser.Email, password);
    }

    [Fact]
    public async Task It_does_not_expire()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(TimeSpan.FromDays(400));

        var page = await browser.SignInAsync(browser.Email);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task Every_field_hides_what_is_typed_and_lets_it_be_pasted_and_filled_in()
    {
        using var browser = await app.NewUserAsync();
        foreach (var (path, fields) in new[] { ("/account/login", "current-password"), ("/account/register", "new-password"), ("/account/change-password", "current-password new-password") })
        {
            var page = await browser.GetAsync(path);

            var inputs = page.Document.QuerySelectorAll("main input[type=password]");
            Assert.Equal(fields, string.Join(' ', inputs.Select(input => input.GetAttribute("autocomplete"))));
            foreach (var input in inputs)
                Assert.DoesNotContain(input.Attributes, attribute => attribute.Name.StartsWith("on", StringComparison.Ordinal) || attribute.Name is "maxlength" or "pattern" or "minlength");
            foreach (var input in inputs.Where(input => input.GetAttribute("autocomplete") == "new-password"))
                Assert.Contains(input.GetAttribute("aria-describedby")!.Split(' '), id => page.Document.GetElementById(id)!.TextContent.StartsWith("At least 15 characters.", StringComparison.Ordinal));
            Assert.Single(page.Document.QuerySelectorAll("script[src^='/password.js']"));
        }

        Assert.Empty((await browser.GetAsync("/account")).Document.QuerySelectorAll("script[src^='/password.js']"));
    }
}

public sealed class PasswordPolicyOnSqlTests(SqlApp app) : PasswordPolicyTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class PasswordPolicyOnRedisTests(RedisApp app) : PasswordPolicyTests(app), IClassFixture<RedisApp>;
