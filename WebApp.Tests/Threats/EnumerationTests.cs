using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Threats;

/// <summary>
/// Somebody finds out who has an account from what the sign-in page says, or from how long it takes to say it (ASVS 5.0, 6.3.8).
/// (With <c>Accounts:RequireConfirmedEmail</c> off the registration does say that an address is taken: it can't make the account.)
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class EnumerationTests : IAsyncLifetime
{
    /// <summary>Of each of the four kinds.</summary>
    private const int Tries = 10;

    /// <summary>A hash too many or too few would make twice the time of it, or next to none.</summary>
    private const double Tolerance = 0.20;

    private const int Runs = 3;
    private const int Limit = 5;
    private const int TriesPerAccount = Limit - 2;

    private readonly ITestOutputHelper _output;
    private readonly CountingHasher _hasher = new();
    private readonly TestApp _app;
    private Browser _browser = null!;
    private string _token = "";

    public EnumerationTests(ITestOutputHelper output) =>
        (_output, _app) = (output, new() { HashesFully = true, EdgeServices = _hasher.Around });

    [Fact]
    public async Task Unknown_wrong_locked_and_password_less_read_the_same()
    {
        var answers = new List<Page>();
        foreach (var email in new[] { "nobody@example.com", await AccountAsync(), await LockedAccountAsync(), await AccountWithoutPasswordAsync() })
            answers.Add(await TryAsync(email));

        Assert.Single(answers.Select(a => (a.Status, a.Text, string.Join(' ', a.Headers.Keys.Order()))).Distinct());
    }

    [Fact]
    public async Task A_banned_account_reads_as_an_unknown_one_even_with_its_password()
    {
        var banned = await AccountAsync();
        await _app.ChangeAccountAsync(banned, user => user.BannedUntil = DateTimeOffset.MaxValue);

        var answers = new[] { await TryAsync("nobody@example.com", Browser.Password), await TryAsync(banned, Browser.Password), await TryAsync(banned) };

        Assert.Single(answers.Select(a => (a.Status, a.Text, string.Join(' ', a.Headers.Keys.Order()))).Distinct());
    }

    [Fact]
    public async Task While_the_session_store_is_out_of_reach_known_and_unknown_read_the_same()
    {
        var known = await AccountAsync();
        await _app.BreakAsync("Generations");

        var answers = new[] { await TryAsync("nobody@example.com"), await TryAsync(known) };

        Assert.Single(answers.Select(a => (a.Status, a.Text)).Distinct());
    }

    [Fact]
    public async Task Where_addresses_are_confirmed_an_unconfirmed_account_reads_as_an_unknown_one_even_with_its_password()
    {
        await using var app = new ConfirmingApp();
        using var browser = app.NewBrowser();
        await browser.AskForAccountAsync("unconfirmed@example.com");
        await app.Mail.NextAsync("unconfirmed@example.com");

        var unknown = await browser.TrySignInAsync("nobody@example.com", Browser.Password);
        var unconfirmed = await browser.TrySignInAsync("unconfirmed@example.com", Browser.Password);

        Assert.Equal((unknown.Status, unknown.Text, string.Join(' ', unknown.Headers.Keys.Order())),
            (unconfirmed.Status, unconfirmed.Text, string.Join(' ', unconfirmed.Headers.Keys.Order())));
    }

    [Fact]
    public async Task Where_addresses_are_confirmed_the_registration_reads_and_works_the_same_for_every_address()
    {
        var hasher = new CountingHasher();
        await using var app = new ConfirmingApp { EdgeServices = hasher.Around };
        using var browser = app.NewBrowser();
        await browser.AskForAccountAsync("pending@example.com");
        await app.Mail.NextAsync("pending@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var answers = new List<(int, string, string, int)>();

        foreach (var email in new[] { "new@example.com", "alice@example.com", "pending@example.com" })
        {
            var before = hasher.Hashed + hasher.Verified;
            var answer = await browser.AskForAccountAsync(email);
            await app.Mail.NextAsync(email);
            answers.Add((answer.Status, answer.Address.PathAndQuery, answer.Text, hasher.Hashed + hasher.Verified - before));
        }

        Assert.Equal(1, Assert.Single(answers.Distinct()).Item4);
    }

    // Nearly all of the time that an answer takes.
    [Fact]
    public async Task Unknown_wrong_locked_password_less_and_banned_are_the_same_work_for_the_hasher()
    {
        var banned = await AccountAsync();
        await _app.ChangeAccountAsync(banned, user => user.BannedUntil = DateTimeOffset.MaxValue);
        var works = new List<string>();

        foreach (var email in new[] { "nobody@example.com", await AccountAsync(), await LockedAccountAsync(), await AccountWithoutPasswordAsync(), banned })
        {
            var before = _hasher.Works.Count;
            await TryAsync(email);
            works.Add(string.Join(", ", _hasher.Works.Skip(before)));
        }

        Assert.StartsWith("verify on ", Assert.Single(works.Distinct()), StringComparison.Ordinal);
    }

    // What is not the hasher's work.
    [Fact]
    public async Task Unknown_wrong_locked_and_password_less_take_the_same_time()
    {
        List<Timing> runs = [];
        while (runs.Count < Runs)
        {
            runs.Add(await MeasureAsync());
            // A leak would show each time.
            if (runs[^1].Spread <= Tolerance)
                return;
        }

        if (runs.Exists(run => run.Noise <= Tolerance / 2))
            Assert.Fail($"In ms: {string.Join("; ", runs)}");
        _output.WriteLine("Not judged: the machine was too busy.");
    }

    public async Task InitializeAsync()
    {
        _browser = _app.NewBrowser();
        _token = (await _browser.GetAsync("/account/login")).AntiforgeryToken;
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>
    /// In milliseconds, what one try in ten stays below: the work itself, which a busy machine adds to but takes nothing from.
    /// The kinds take turns, so that whatever else slows the machine slows all of them.
    /// </summary>
    private async Task<Timing> MeasureAsync()
    {
        var kinds = new Dictionary<string, Func<int, Task<string>>>
        {
            ["unknown"] = i => Task.FromResult($"nobody-{i}@example.com"),
            ["wrong"] = await WrongAsync(),
            ["locked"] = await AlwaysAsync(LockedAccountAsync()),
            ["password-less"] = await AlwaysAsync(AccountWithoutPasswordAsync()),
        };
        var times = kinds.Keys.ToDictionary(kind => kind, _ => new List<double>());
        foreach (var kind in kinds.Values)
            await TryAsync(await kind(0));

        for (var i = 0; i < Tries * kinds.Count; i++)
        {
            var (name, kind) = kinds.ElementAt(i % kinds.Count);
            var email = await kind(i / kinds.Count);
            var started = Stopwatch.GetTimestamp();
            await TryAsync(email);
            times[name].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var timing = new Timing(times);
        _output.WriteLine($"{timing}");
        return timing;
    }

    /// <summary>Accounts that are not locked: each serves for fewer tries than would lock it.</summary>
    private async Task<Func<int, Task<string>>> WrongAsync()
    {
        var accounts = new List<string>();
        for (var i = 0; i < Tries; i += TriesPerAccount)
            accounts.Add(await AccountAsync());
        return i => Task.FromResult(accounts[i / TriesPerAccount]);
    }

    private static async Task<Func<int, Task<string>>> AlwaysAsync(Task<string> account)
    {
        var email = await account;
        return _ => Task.FromResult(email);
    }

    private async Task<string> LockedAccountAsync()
    {
        var email = await AccountAsync();
        for (var i = 0; i < Limit; i++)
            await TryAsync(email);
        return email;
    }

    private async Task<string> AccountAsync()
    {
        var email = NewEmail();
        await using var scope = _app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<AccountCreation>().RegisterAsync(email, "Someone", Browser.Password, null);
        return email;
    }

    private async Task<string> AccountWithoutPasswordAsync()
    {
        var email = NewEmail();
        await using var scope = _app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().CreateAsync(new AppUser { UserName = email, Email = email });
        return email;
    }

    private Task<Page> TryAsync(string email, string password = "not the password of anyone") => _browser.PostAsync("/account/login",
        ("__RequestVerificationToken", _token), ("Email", email), ("Password", password));

    private static string NewEmail() => $"{Guid.NewGuid():N}@example.com";

    /// <summary>In milliseconds, by kind.</summary>
    private sealed class Timing(Dictionary<string, List<double>> times)
    {
        /// <summary>By how much the kinds differ.</summary>
        public double Spread => Difference(times.Values.Select(Least));

        /// <summary>By how much one kind's first half of tries differs from its second: what the machine does, for the work is the same.</summary>
        public double Noise => times.Values.Max(all => Difference(all.Chunk(all.Count / 2).Select(Least)));

        public override string ToString() => $"{string.Join(", ", times.Select(t => $"{t.Key} {Least(t.Value):F1}"))} (noise {Noise:P0})";

        private static double Least(IReadOnlyCollection<double> some) => some.Order().ElementAt(some.Count / 10);

        private static double Difference(IEnumerable<double> some) => (some.Max() / some.Min()) - 1;
    }
}
