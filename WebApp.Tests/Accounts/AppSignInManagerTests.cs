using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>How many guesses at a password are evaluated, and when. Hashes are cheap and counted here; all else is the app's own.</summary>
public sealed class AppSignInManagerTests(AppSignInManagerTests.CountedHashes app) : IClassFixture<AppSignInManagerTests.CountedHashes>
{
    private const int Limit = 5;
    private static readonly TimeSpan Lockout = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Of_sixty_guesses_at_once_no_more_are_evaluated_than_the_lockout_allows()
    {
        var user = await app.NewAccountAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Task.Run(() => GuessAsync(user, "a wrong guess at it"))));

        Assert.All(results, result => Assert.Equal(SignInResult.Failed, result));
        Assert.Equal(Limit, app.Evaluated(user));
        Assert.Equal(60, (await app.AuditOfAsync(user.Id)).Count(e => e.Action == AuditAction.SignInFailed));
    }

    [Fact]
    public async Task A_locked_account_refuses_even_the_right_password_until_the_lockout_is_over()
    {
        var user = await app.NewAccountAsync();
        await GuessWrongAsync(user, Limit);

        Assert.False((await GuessAsync(user, Browser.Password)).Succeeded);
        app.Clock.Advance(Lockout - TimeSpan.FromMilliseconds(1));
        Assert.False((await GuessAsync(user, Browser.Password)).Succeeded);
        Assert.Equal(Limit, app.Evaluated(user));

        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True((await GuessAsync(user, Browser.Password)).Succeeded);
    }

    [Fact]
    public async Task After_a_lockout_all_attempts_are_there_again()
    {
        var user = await app.NewAccountAsync();
        await GuessWrongAsync(user, Limit);
        app.Clock.Advance(Lockout);

        await GuessWrongAsync(user, Limit - 1);

        Assert.True((await GuessAsync(user, Browser.Password)).Succeeded);
    }

    [Fact]
    public async Task The_right_password_gives_all_attempts_back_even_with_the_last_one()
    {
        var user = await app.NewAccountAsync();
        await GuessWrongAsync(user, Limit - 1);

        Assert.True((await GuessAsync(user, Browser.Password)).Succeeded);

        await GuessWrongAsync(user, Limit - 1);
        Assert.True((await GuessAsync(user, Browser.Password)).Succeeded);
        Assert.Equal(2 * Limit, app.Evaluated(user));
    }

    [Fact]
    public async Task Guesses_at_one_account_do_not_lock_another()
    {
        var (attacked, other) = (await app.NewAccountAsync(), await app.NewAccountAsync());

        await GuessWrongAsync(attacked, Limit);

        Assert.True((await GuessAsync(other, Browser.Password)).Succeeded);
    }

    [Fact]
    public async Task An_account_without_a_password_and_an_unknown_address_answer_like_a_wrong_password()
    {
        var user = await app.NewAccountAsync();
        await app.InRequestAsync<UserManager<AppUser>>(async users =>
            await users.RemovePasswordAsync((await users.FindByIdAsync(user.Id.ToString()))!));

        Assert.Equal(SignInResult.Failed, await GuessAsync(user, Browser.Password));
        Assert.Equal(SignInResult.Failed, await app.InRequestAsync<AppSignInManager, SignInResult>(signIn =>
            signIn.PasswordSignInAsync("nobody@example.com", Browser.Password, isPersistent: false, lockoutOnFailure: true)));
    }

    [Fact]
    public async Task Changing_the_password_leaves_no_failed_attempts_behind()
    {
        using var browser = await app.NewUserAsync();
        var user = (await app.InRequestAsync<UserManager<AppUser>, AppUser?>(users => users.FindByEmailAsync(browser.Email)))!;
        await GuessWrongAsync(user, Limit - 1);

        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        var answer = await form.PressAsync("Change password");

        Assert.Equal("/account/sessions", answer.Address.AbsolutePath);
        await GuessWrongAsync(user, 1);
        Assert.True((await GuessAsync(user, "another good passphrase")).Succeeded);
    }

    [Fact]
    public async Task Each_lockout_lasts_twice_as_long_as_the_one_before()
    {
        var user = await app.NewAccountAsync();
        await GuessWrongAsync(user, Limit);
        app.Clock.Advance(Lockout);
        await GuessWrongAsync(user, Limit);

        app.Clock.Advance((2 * Lockout) - TimeSpan.FromMilliseconds(1));
        Assert.False((await GuessAsync(user, Browser.Password)).Succeeded);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True((await GuessAsync(user, Browser.Password)).Succeeded);
    }

    [Fact]
    public async Task After_a_hundred_failures_in_a_row_no_stranger_gets_in_any_more()
    {
        var user = await app.NewAccountAsync();
        for (var failures = 0; failures < ProofAttempts.MostInARow; failures += Limit)
        {
            await GuessWrongAsync(user, Limit);
            app.Clock.Advance(TimeSpan.FromDays(1));
        }

        app.Clock.Advance(TimeSpan.FromDays(1000));

        Assert.False((await GuessAsync(user, Browser.Password)).Succeeded);
        Assert.Equal(ProofAttempts.MostInARow, app.Evaluated(user));
    }

    private async Task GuessWrongAsync(AppUser user, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.False((await GuessAsync(user, "a wrong guess at it")).Succeeded);
    }

    private Task<SignInResult> GuessAsync(AppUser user, string password) => app.InRequestAsync<AppSignInManager, SignInResult>(signIn =>
        signIn.PasswordSignInAsync(user.Email!, password, isPersistent: false, lockoutOnFailure: true));

    public sealed class CountedHashes : TestApp
    {
        private readonly ConcurrentDictionary<Guid, int> _evaluated = [];

        /// <summary>How often the person's own hash was compared with a guess.</summary>
        public int Evaluated(AppUser user) => _evaluated.GetValueOrDefault(user.Id);

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.ConfigureTestServices(services => services
                .Configure<PasswordHasherOptions>(options => options.IterationCount = 1000)
                .AddScoped<PasswordHasher<AppUser>>()
                .AddScoped<IPasswordHasher<AppUser>>(scope => new Counter(scope.GetRequiredService<PasswordHasher<AppUser>>(), _evaluated)));
        }

        private sealed class Counter(PasswordHasher<AppUser> hasher, ConcurrentDictionary<Guid, int> evaluated) : IPasswordHasher<AppUser>
        {
            public string HashPassword(AppUser user, string password) => hasher.HashPassword(user, password);

            public PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
            {
                evaluated.AddOrUpdate(user.Id, 1, (_, count) => count + 1);
                return hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
            }
        }
    }
}
