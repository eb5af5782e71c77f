using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>Tokens of mails, forms and cookies: for one purpose, for a time, for the account as it was, and once.</summary>
[Trait("Lane", "Fast")]
public sealed class OneTimeTokensTests(SqlApp app) : IClassFixture<SqlApp>
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(20);

    [Fact]
    public async Task A_token_opens_with_whom_and_what_it_is_about_as_often_as_one_looks()
    {
        var user = await NewUserAsync();
        var text = await SealAsync(user, TokenPurpose.ChangeEmail, "new@example.com");

        foreach (var token in new[] { await OpenAsync(TokenPurpose.ChangeEmail, text), await OpenAsync(TokenPurpose.ChangeEmail, text) })
        {
            Assert.Equal(user, token!.User!.Id);
            Assert.Equal("new@example.com", token.Content);
        }
    }

    [Fact]
    public async Task A_token_about_nobody_opens_too()
    {
        var text = await app.InRequestAsync<OneTimeTokens, string>(tokens => Task.FromResult(tokens.Seal(TokenPurpose.UsePasskey, null, Lifetime, "state")));

        var token = await OpenAsync(TokenPurpose.UsePasskey, text);

        Assert.Null(token!.User);
        Assert.Equal("state", token.Content);
    }

    [Fact]
    public async Task It_opens_for_no_other_purpose_and_not_with_a_changed_letter()
    {
        var text = await SealAsync(await NewUserAsync(), TokenPurpose.ConfirmEmail);

        Assert.Null(await OpenAsync(TokenPurpose.ResetPassword, text));
        Assert.Null(await OpenAsync(TokenPurpose.ConfirmEmail, text[..^2] + (text[^2] == 'A' ? 'B' : 'A') + text[^1]));
        Assert.NotNull(await OpenAsync(TokenPurpose.ConfirmEmail, text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_was_not_sealed_does_not_open(string? text) => Assert.Null(await OpenAsync(TokenPurpose.ConfirmEmail, text));

    [Fact]
    public async Task It_is_good_until_its_time_is_over()
    {
        await using var own = new TestApp();
        var user = await own.UserIdAsync("alice@example.com");
        var text = await SealAsync(user, TokenPurpose.ResetPassword, "", own);

        own.Clock.Advance(Lifetime - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await OpenAsync(TokenPurpose.ResetPassword, text, own));
        own.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await OpenAsync(TokenPurpose.ResetPassword, text, own));
    }

    [Fact]
    public async Task Of_twenty_who_spend_it_at_once_one_does()
    {
        var text = await SealAsync(await NewUserAsync(), TokenPurpose.ResetPassword);

        var spent = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => SpendAsync(text))));

        Assert.Single(spent, done => done);
        Assert.Null(await OpenAsync(TokenPurpose.ResetPassword, text));
    }

    [Fact]
    public async Task A_new_security_stamp_retires_all_but_the_word_that_it_was_somebody_else()
    {
        var user = await NewUserAsync();
        var (reset, notMe) = (await SealAsync(user, TokenPurpose.ResetPassword), await SealAsync(user, TokenPurpose.NotMe));

        await app.InRequestAsync<UserManager<AppUser>>(async users => await users.UpdateSecurityStampAsync((await users.FindByIdAsync(user.ToString()))!));

        Assert.Null(await OpenAsync(TokenPurpose.ResetPassword, reset));
        Assert.NotNull(await OpenAsync(TokenPurpose.NotMe, notMe));
    }

    [Fact]
    public async Task It_does_not_outlive_the_account()
    {
        var user = await NewUserAsync();
        var text = await SealAsync(user, TokenPurpose.NotMe);

        await app.InRequestAsync<UserManager<AppUser>>(async users => await users.DeleteAsync((await users.FindByIdAsync(user.ToString()))!));

        Assert.Null(await OpenAsync(TokenPurpose.NotMe, text));
    }

    private async Task<Guid> NewUserAsync()
    {
        using var browser = await app.NewUserAsync();
        return await app.UserIdAsync(browser.Email);
    }

    private Task<string> SealAsync(Guid userId, TokenPurpose purpose, string content = "", TestApp? other = null) => (other ?? app).InRequestAsync<IServiceProvider, string>(async services =>
        services.GetRequiredService<OneTimeTokens>().Seal(purpose, await services.GetRequiredService<UserManager<AppUser>>().FindByIdAsync(userId.ToString()), Lifetime, content));

    private Task<OneTimeToken?> OpenAsync(TokenPurpose purpose, string? text, TestApp? other = null) =>
        (other ?? app).InRequestAsync<OneTimeTokens, OneTimeToken?>(tokens => tokens.OpenAsync(purpose, text));

    private Task<bool> SpendAsync(string text) => app.InRequestAsync<OneTimeTokens, bool>(async tokens =>
        await tokens.OpenAsync(TokenPurpose.ResetPassword, text) is { } token && await tokens.SpendAsync(token));
}
