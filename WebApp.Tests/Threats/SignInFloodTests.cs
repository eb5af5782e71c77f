using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody signs in so often at once that the hashing of passwords leaves nothing to those who are signed in (ASVS 5.0, 15.2.2).</summary>
public sealed class SignInFloodTests : IAsyncLifetime
{
    private const string Busy = "Many people are signing in just now. Please try again in a moment.";

    private readonly CountingHasher _hasher = new();
    private readonly TestApp _app;
    private Browser _visitor = null!;
    private string _token = "";

    public SignInFloodTests() => _app = new TestApp
    {
        EdgeServices = _hasher.Around,
        Settings = { ["Passwords:ParallelHashes"] = "1", ["Passwords:LongestWait"] = "00:05:00" },
    };

    private PasswordGate Gate => _app.Services.GetRequiredService<PasswordGate>();

    [Fact]
    public async Task Two_hundred_at_once_are_answered_in_order_one_at_a_time_while_signed_in_people_go_on()
    {
        const int Count = 200;
        using var owner = await _app.NewUserAsync();
        var hashed = _hasher.Passwords.Count;
        var turn = await TakeTheTurnAsync();
        var signIns = new List<Task<Page>>();
        for (var place = 0; place < Count; place++)
        {
            signIns.Add(SignInAsync(EmailAt(place), PasswordAt(place)));
            await UntilWaitingAsync(place + 1);
        }

        Assert.Equal(200, (await owner.GetAsync("/account/sessions")).Status);
        turn.Dispose();
        var all = Task.WhenAll(signIns);
        do
            Assert.Equal(200, (await owner.GetAsync("/account/sessions")).Status);
        while (!all.IsCompleted);

        Assert.All((await all).Index(), answer => Assert.Equal(answer.Index % 2 == 0 ? 302 : 200, answer.Item.Status));
        Assert.Equal(Enumerable.Range(0, Count).Select(PasswordAt), _hasher.Passwords.Skip(hashed));
        Assert.Equal(1, _hasher.MostAtOnce);
        Assert.Equal(0, _hasher.OnRequestThreads);

        // Known and unknown addresses by turns.
        static string EmailAt(int place) => place % 2 == 0 ? "alice@example.com" : $"nobody-{place}@example.com";

        static string PasswordAt(int place) => place % 2 == 0 ? Browser.DemoPassword : $"the guess in place {place}";
    }

    [Fact]
    public async Task Before_its_turn_a_sign_in_looks_at_no_account_known_locked_or_unknown()
    {
        var (known, locked) = (await _app.NewAccountAsync(), await _app.NewAccountAsync());
        for (var i = 0; i < 5; i++)
            await SignInAsync(locked.Email!, "a wrong guess at it");
        // What the last of them left to be done looks at the account, too.
        await _app.Mail.NextAsync(locked.Email!);
        var turn = await TakeTheTurnAsync();
        var logged = _app.Log.LinesOfRequests.Count;

        var signIns = new[] { known.Email!, locked.Email!, "nobody@example.com" }.Select(email => SignInAsync(email, Browser.Password)).ToList();
        await UntilWaitingAsync(signIns.Count);

        Assert.DoesNotContain(_app.Log.LinesOfRequests.Skip(logged), line => line.Contains("\"AspNetUsers\"", StringComparison.Ordinal));
        turn.Dispose();
        Assert.Equal([302, 200, 200], (await Task.WhenAll(signIns)).Select(answer => answer.Status));
    }

    [Fact]
    public async Task Whoever_leaves_while_waiting_costs_no_hash_and_no_attempt()
    {
        var user = await _app.NewAccountAsync();
        var turn = await TakeTheTurnAsync();
        var (logged, hashes) = (_app.Log.Lines.Count, _hasher.Verified);
        using var leaving = _app.NewBrowser();
        leaving.Cookies["webapp-dev-antiforgery"] = _visitor.Cookies["webapp-dev-antiforgery"];
        var signIn = leaving.PostAsync("/account/login", SignInForm(user.Email!, "a wrong guess at it"));
        await UntilWaitingAsync(1);

        leaving.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => signIn);
        await UntilWaitingAsync(0);
        turn.Dispose();

        Assert.Equal(302, (await SignInAsync(user.Email!, Browser.Password)).Status);
        Assert.Equal(hashes + 1, _hasher.Verified);
        Assert.DoesNotContain(await _app.AuditOfAsync(user.Id), entry => entry.Action == AuditAction.SignInFailed);
        Assert.False(_app.Log.HasSince(logged, line => line.StartsWith("Error", StringComparison.Ordinal)), "To leave is no failure");
    }

    [Fact]
    public async Task A_sign_in_too_many_is_asked_to_come_back_and_is_neither_judged_nor_counted()
    {
        var user = await _app.NewAccountAsync();
        var (turn, queue) = (await TakeTheTurnAsync(), await FillQueueAsync());

        foreach (var email in new[] { user.Email!, "nobody@example.com" })
        {
            for (var i = 0; i < 6; i++)
                AssertBusy(await SignInAsync(email, "a wrong guess at it"), email);
        }

        await EmptyAsync(queue, turn);
        Assert.Equal(0, _hasher.Verified);
        Assert.DoesNotContain(await _app.AuditOfAsync(user.Id), entry => entry.Action == AuditAction.SignInFailed);
        Assert.Equal(302, (await SignInAsync(user.Email!, Browser.Password)).Status);
    }

    [Fact]
    public async Task The_other_forms_with_a_password_are_asked_to_come_back_too_and_nothing_is_begun()
    {
        using var owner = await _app.NewUserAsync();
        var (confirm, change) = (await owner.GetAsync("/account/sessions"), await owner.GetAsync("/account/change-password"));
        var register = await _visitor.GetAsync("/account/register");
        var (turn, queue) = (await TakeTheTurnAsync(), await FillQueueAsync());

        change.Fill("CurrentPassword", "a wrong guess at it").Fill("NewPassword", "another good passphrase");
        AssertBusy(await change.PressAsync("Change password"), null);
        register.Fill("Name", "Nina").Fill("Email", "nina@example.com").Fill("Password", Browser.Password);
        AssertBusy(await register.PressAsync("Create account"), "nina@example.com");
        AssertBusy(await owner.PostAsync("/account/confirm", ("__RequestVerificationToken", confirm.AntiforgeryToken), ("Password", "a wrong guess at it")), null);

        await EmptyAsync(queue, turn);
        Assert.Equal(0, _hasher.Verified);
        var key = _app.KeyOf(owner);
        Assert.Equal(0, (await _app.Services.GetRequiredService<IUserSessionStore>().FindAsync(key.UserId, key.SessionId))!.ProofAttempts);
        register.Fill("Password", Browser.Password);
        Assert.Equal("/account/sessions", (await register.PressAsync("Create account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task An_address_that_sends_without_pause_is_stopped_before_it_waits_and_leaves_the_queue_to_others()
    {
        const int Permits = 20;
        await using var app = new ProxiedApp
        {
            Settings =
            {
                ["Passwords:ParallelHashes"] = "1", ["Passwords:LongestWait"] = "00:05:00", ["RateLimits:SignIn:Permits"] = $"{Permits}",
            },
        };
        using Browser flood = app.NewBrowser().At("203.0.113.66"), other = app.NewBrowser().At("203.0.113.67");
        var (floodsToken, othersToken) = ((await flood.GetAsync("/account/login")).AntiforgeryToken, (await other.GetAsync("/account/login")).AntiforgeryToken);
        var gate = app.Services.GetRequiredService<PasswordGate>();
        var turn = await gate.EnterAsync(CancellationToken.None);

        var sent = Enumerable.Range(0, 200).Select(_ => SendAsync(flood, floodsToken)).ToList();
        await Eventually.TrueAsync(() => gate.Waiting == Permits && sent.Count(answer => answer.IsCompleted) == 200 - Permits, "all but the permitted are answered");
        var patient = SendAsync(other, othersToken);
        await Eventually.TrueAsync(() => gate.Waiting == Permits + 1, "somebody else waits their turn");
        turn.Dispose();

        Assert.Equal(302, (await patient).Status);
        Assert.Equal(200 - Permits, (await Task.WhenAll(sent)).Count(answer => answer.Status == 429));

        static Task<Page> SendAsync(Browser browser, string token) => browser.PostAsync(
            "/account/login", ("__RequestVerificationToken", token), ("Email", "alice@example.com"), ("Password", Browser.DemoPassword));
    }

    [Fact]
    public async Task Turning_people_away_is_one_warning_a_minute()
    {
        var (turn, queue) = (await TakeTheTurnAsync(), await FillQueueAsync());

        for (var i = 0; i < 5; i++)
            await SignInAsync("nobody@example.com", Browser.Password);
        Assert.Single(Warnings());

        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await SignInAsync("nobody@example.com", Browser.Password);
        Assert.Equal(2, Warnings().Count);
        Assert.Contains("6 requests were turned away", Warnings()[1], StringComparison.Ordinal);
        await EmptyAsync(queue, turn);

        IReadOnlyList<string> Warnings() => [.. _app.Log.Lines.Where(line => line.StartsWith("Warning WebApp.Accounts.PasswordGate", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Unless_it_is_set_half_of_the_cores_hash()
    {
        await using TestApp unset = new(), set = new() { Settings = { ["Passwords:ParallelHashes"] = "3" } };

        Assert.Equal(Math.Max(1, Environment.ProcessorCount / 2), await TurnsAtOnceAsync(unset));
        Assert.Equal(3, await TurnsAtOnceAsync(set));

        static async Task<int> TurnsAtOnceAsync(TestApp app)
        {
            var gate = app.Services.GetRequiredService<PasswordGate>();
            using var enough = new CancellationTokenSource();
            for (var turns = 0; ; turns++)
            {
                var turn = gate.EnterAsync(enough.Token);
                if (turn.IsCompletedSuccessfully)
                    continue;

                await enough.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
                return turns;
            }
        }
    }

    public async Task InitializeAsync()
    {
        _visitor = _app.NewBrowser();
        _token = (await _visitor.GetAsync("/account/login")).AntiforgeryToken;
    }

    public async Task DisposeAsync()
    {
        _visitor.Dispose();
        await _app.DisposeAsync();
    }

    private static void AssertBusy(Page page, string? email)
    {
        Assert.Equal(503, page.Status);
        Assert.Equal(["10"], page.Headers["Retry-After"]);
        Assert.Contains(Busy, page.Text, StringComparison.Ordinal);
        Assert.Equal(email, page.Document.QuerySelector("input[name=Email]")?.GetAttribute("value"));
        Assert.All(page.Document.QuerySelectorAll("input[type=password]"), field => Assert.False(field.HasAttribute("value")));
        Assert.DoesNotContain("a wrong guess at it", page.Body, StringComparison.Ordinal);
    }

    private Task<IDisposable> TakeTheTurnAsync() => Gate.EnterAsync(CancellationToken.None);

    /// <summary>Waits as often as it may. The answer is cancelled to leave.</summary>
    private async Task<CancellationTokenSource> FillQueueAsync()
    {
        var leave = new CancellationTokenSource();
        while (true)
        {
            var place = Gate.EnterAsync(leave.Token);
            if (place.IsFaulted)
            {
                await Assert.ThrowsAsync<PasswordsBusyException>(() => place);
                return leave;
            }
        }
    }

    private async Task EmptyAsync(CancellationTokenSource queue, IDisposable turn)
    {
        await queue.CancelAsync();
        queue.Dispose();
        turn.Dispose();
        await UntilWaitingAsync(0);
    }

    private Task UntilWaitingAsync(int count) => Eventually.TrueAsync(() => Gate.Waiting == count, $"{count} wait for their turn");

    private Task<Page> SignInAsync(string email, string password) => _visitor.PostAsync("/account/login", SignInForm(email, password));

    private (string Name, string Value)[] SignInForm(string email, string password) =>
        [("__RequestVerificationToken", _token), ("Email", email), ("Password", password)];
}
