using System.Collections.Concurrent;
using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>At the limit, a sign-in ends nothing by itself: the person, once proved, says which session ends (<see cref="WhenTooMany.Ask"/>).</summary>
public abstract class AskWhichSessionEndsTests : IAsyncLifetime
{
    private const int Limit = 2;
    private const string Question = "You are signed in on as many devices as allowed.";
    private const string Answer = "Sign it out and sign in here";
    private const string TooLate = "That took too long, or was done already. Please sign in again.";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    protected TestApp App { get; } = new()
    {
        Settings = { ["Sessions:MaxPerUser"] = "2", ["Sessions:WhenTooMany"] = "Ask" },
    };

    private IUserSessionStore Store => App.Services.GetRequiredService<IUserSessionStore>();

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await App.DisposeAsync();

    [Fact]
    public async Task One_session_too_many_asks_and_the_one_that_is_chosen_ends()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();

        var asked = await third.TrySignInAsync(first.Email, Browser.Password);

        Assert.Contains(Question, asked.Text, StringComparison.Ordinal);
        Assert.Null(third.SessionCookie);
        Assert.Null(asked.Document.QuerySelector("input[type=password]"));
        // Used least recently first, with what it takes to tell them apart.
        Assert.Equal([IdOf(first), IdOf(second)], Choices(asked));
        Assert.Contains($"{Device.Parse(Browser.Firefox)} 127.0.0.1, last seen 1 minute ago", asked.Text, StringComparison.Ordinal);
        Assert.Contains($"{Device.Parse(Browser.Safari)} 127.0.0.1, last seen just now", asked.Text, StringComparison.Ordinal);
        await AssertSignedInAsync(first);
        await AssertSignedInAsync(second);

        var page = await ChooseAsync(asked, IdOf(second));

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("Ended by you just now: chosen to make room for another sign-in", page.Text, StringComparison.Ordinal);
        Assert.Equal([IdOf(third), IdOf(first)], page.SessionIds);
        await AssertSignedInAsync(first);
        Assert.Contains("You were signed out from another device, just now.", (await second.GetAsync("/account")).Text, StringComparison.Ordinal);
        var userId = App.KeyOf(third).UserId;
        var entry = Assert.Single(await App.AuditOfAsync(userId), e => e.Action == AuditAction.SessionEnded);
        Assert.Equal((nameof(RevocationReason.MadeRoom), userId, IdOf(second)), (entry.Reason, entry.ActorId, entry.SessionId));
    }

    [Fact]
    public async Task Who_cancels_ends_nothing()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password, path: "/account/login?returnUrl=%2Faccount");

        var cancelled = await third.GetAsync(asked.Document.QuerySelector("main .after a")!.GetAttribute("href")!);

        Assert.NotNull(cancelled.Document.QuerySelector("input[type=password]"));
        Assert.EndsWith("?ReturnUrl=%2Faccount", cancelled.Address.Query, StringComparison.OrdinalIgnoreCase);
        Assert.Null(third.SessionCookie);
        await AssertSignedInAsync(first);
        await AssertSignedInAsync(second);
    }

    [Fact]
    public async Task A_wrong_password_is_asked_nothing()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();

        Assert.Empty(Choices(await third.TrySignInAsync(first.Email, "wrong")));
    }

    // On a shared screen, the back button would send the password once more.
    [Fact]
    public async Task The_question_stands_on_a_page_of_its_own_that_is_not_there_a_second_time()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var form = await third.GetAsync("/account/login");

        var answer = await form.Fill("Email", first.Email).Fill("Password", Browser.Password).SendAsync("Sign in");

        Assert.Equal(302, answer.Status);
        Assert.Equal(2, Choices(await third.FollowAsync(answer)).Count);
        Assert.Empty(Choices(await third.GetAsync("/account/login")));
    }

    [Fact]
    public async Task Signing_in_again_in_the_same_browser_asks_nothing()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first);

        var page = await second.SignInAsync(first.Email);

        Assert.Equal(2, page.SessionIds.Count);
        await AssertSignedInAsync(first);
    }

    [Fact]
    public async Task A_browser_in_which_somebody_else_is_signed_in_keeps_that_session_until_the_question_is_answered()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = await App.NewUserAsync();
        var before = (third.Email, Cookie: third.SessionCookie);

        var asked = await third.TrySignInAsync(first.Email, Browser.Password);

        Assert.Contains(Question, asked.Text, StringComparison.Ordinal);
        Assert.Equal(before.Cookie, third.SessionCookie);
        Assert.Contains(before.Email, (await third.GetAsync("/account")).Text, StringComparison.Ordinal);
        using var copy = App.CopyOf(third);
        await ChooseAsync(asked, IdOf(first));
        Assert.Contains(first.Email, (await third.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await copy.GetAsync("/account")).Address.AbsolutePath);
    }

    // As after the limit was lowered.
    [Fact]
    public async Task Several_too_many_are_asked_for_one_by_one_and_the_browsers_own_is_kept_and_not_among_them()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first);
        var key = App.KeyOf(first);
        var more = Samples.Session(App.Clock.GetUtcNow(), key.UserId);
        Assert.NotNull(await Store.AddAsync(more, await Store.GetGenerationAsync(key.UserId)));

        var asked = await second.TrySignInAsync(first.Email, Browser.Password);
        Assert.Equal([IdOf(first), more.Id.ToString()], Choices(asked));
        await AssertSignedInAsync(second);
        await ChooseAsync(asked, more.Id.ToString());

        Assert.Equal(new[] { IdOf(first), IdOf(second) }.Order(), (await LiveAsync(key.UserId)).Order());

        Assert.NotNull(await Store.AddAsync(Samples.Session(App.Clock.GetUtcNow(), key.UserId), await Store.GetGenerationAsync(key.UserId)));
        using var third = App.NewBrowser();
        var again = await ChooseAsync(await third.TrySignInAsync(first.Email, Browser.Password), IdOf(first));
        Assert.Contains("There is no room yet. Choose a session to sign out.", again.Text, StringComparison.Ordinal);
        Assert.Equal(2, Choices(again).Count);
        Assert.Equal("/account/sessions", (await ChooseAsync(again, IdOf(second))).Address.AbsolutePath);
    }

    [Fact]
    public async Task Nothing_chosen_ends_nothing_and_asks_again()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();

        var again = await (await third.TrySignInAsync(first.Email, Browser.Password)).PressAsync(Answer);

        Assert.Contains("Choose a session to sign out.", again.Text, StringComparison.Ordinal);
        Assert.Equal(2, Choices(again).Count);
        Assert.Equal(Limit, (await LiveAsync(App.KeyOf(first).UserId)).Count);
    }

    [Fact]
    public async Task What_was_asked_for_at_sign_in_holds_after_the_question()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password, remember: true, path: "/account/login?returnUrl=%2Faccount");
        Choose(asked, IdOf(first));

        var answer = await asked.SendAsync(Answer);

        Assert.Equal("/account", answer.Location);
        Assert.NotNull(Assert.Single(answer.SessionCookies).Expires);
        var session = await FindAsync(third);
        Assert.Equal((true, "pwd"), (session.Remembered, session.SignInMethod));

        using var fourth = App.NewBrowser();
        var form = await fourth.GetAsync("/account/login");
        var sharing = await form.Fill("Email", first.Email).Fill("Password", Browser.Password).PressAsync("Sign in on a shared computer");
        App.Clock.Advance(Minute);
        await ChooseAsync(sharing, IdOf(third));
        Assert.Equal(App.Clock.GetUtcNow() + TimeSpan.FromMinutes(19), (await FindAsync(fourth)).AbsoluteDeadline);
    }

    [Fact]
    public async Task The_answer_has_five_minutes_and_not_a_moment_more()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), intime = App.NewBrowser(), late = App.NewBrowser();
        var asked = await intime.TrySignInAsync(first.Email, Browser.Password);
        var askedToo = await late.TrySignInAsync(first.Email, Browser.Password);
        App.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));

        Assert.Equal("/account/sessions", (await ChooseAsync(asked, IdOf(first))).Address.AbsolutePath);
        App.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var refused = await ChooseAsync(askedToo, IdOf(second));

        Assert.Contains(TooLate, refused.Text, StringComparison.Ordinal);
        Assert.Null(late.SessionCookie);
        await AssertSignedInAsync(second);
    }

    [Fact]
    public async Task A_forged_proof_signs_nobody_in_and_ends_nothing()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var proof = ProofOf(await third.TrySignInAsync(first.Email, Browser.Password));

        foreach (var forged in new[] { "", "x", "AAAA", proof[..^4], (proof[0] == 'A' ? "B" : "A") + proof[1..], $"{proof[..20]}{(proof[20] == 'A' ? 'B' : 'A')}{proof[21..]}" })
            await AssertRefusedAsync(third, forged, IdOf(first));

        await AssertSignedInAsync(first);
    }

    [Fact]
    public async Task A_session_of_somebody_else_does_not_end_and_makes_no_room()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser(), stranger = await App.NewUserAsync();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password);

        var again = await third.FollowAsync(await SendAsync(third, ProofOf(asked), IdOf(stranger)));

        Assert.Contains("There is no room yet.", again.Text, StringComparison.Ordinal);
        Assert.Null(third.SessionCookie);
        await AssertSignedInAsync(stranger);
        await AssertSignedInAsync(first);
    }

    // With the id of any other live session, which the page shows.
    [Fact]
    public async Task A_proof_that_was_used_signs_nobody_in_again_and_ends_nothing()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser(), thief = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password);
        await ChooseAsync(asked, IdOf(first));
        var ids = new[] { IdOf(first), IdOf(second), IdOf(third) };

        foreach (var id in ids)
            await AssertRefusedAsync(thief, ProofOf(asked), id);
        await AssertSignedInAsync(second);
        await AssertSignedInAsync(third);

        // Nor once there is room, whatever became of the session.
        await (await third.GetAsync("/account")).PressAsync("Sign out", "header");
        foreach (var id in ids)
            await AssertRefusedAsync(thief, ProofOf(asked), id);
        await AssertSignedInAsync(second);
    }

    [Fact]
    public async Task Of_one_proof_sent_many_times_at_once_one_signs_in()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password);
        var thieves = Enumerable.Range(0, 8).Select(_ => App.NewBrowser()).ToList();
        var forms = await Task.WhenAll(thieves.Select(thief => thief.GetAsync("/account/login")));

        await Task.WhenAll(thieves.Select((thief, i) => SendAsync(thief, ProofOf(asked), IdOf(i % 2 == 0 ? first : second), forms[i])));

        Assert.Single(thieves, thief => thief.SessionCookie is not null);
        thieves.ForEach(thief => thief.Dispose());
    }

    [Fact]
    public async Task The_end_of_all_sessions_meanwhile_refuses_the_answer()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password);
        await App.Services.GetRequiredService<SessionManager>().RevokeAllAsync(App.KeyOf(first).UserId, RevocationReason.ReportedTheft);

        var page = await ChooseAsync(asked, IdOf(first));

        Assert.Contains("All your sessions were ended while you were signing in. Please sign in again.", page.Text, StringComparison.Ordinal);
        Assert.Null(third.SessionCookie);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_password_or_a_ban_meanwhile_refuses_the_answer(bool banned)
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first), third = App.NewBrowser();
        var asked = await third.TrySignInAsync(first.Email, Browser.Password);
        await App.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var user = (await users.FindByEmailAsync(first.Email))!;
            // Sessions that are kept leave the generation as it was.
            user.KeepsSessions = true;
            if (banned)
                user.BannedUntil = App.Clock.GetUtcNow().AddDays(1);
            Assert.True((banned ? await users.UpdateAsync(user) : await users.ChangePasswordAsync(user, Browser.Password, "another good passphrase")).Succeeded);
        });

        await AssertRefusedAsync(third, ProofOf(asked), IdOf(first));
    }

    [Fact]
    public async Task Fifty_sign_ins_and_answers_at_once_never_get_past_the_limit()
    {
        using var first = await App.NewUserAsync();
        var userId = App.KeyOf(first).UserId;
        var browsers = Enumerable.Range(0, 50).Select(_ => App.NewBrowser()).ToList();
        using var done = new CancellationTokenSource();
        var most = WatchAsync(userId, done.Token);

        var asked = await Task.WhenAll(browsers.Select(b => b.TrySignInAsync(first.Email, Browser.Password)));
        Assert.Equal(Limit, (await LiveAsync(userId)).Count);
        Assert.Single(browsers, b => b.SessionCookie is not null);
        await Task.WhenAll(asked.Where(page => Choices(page).Count > 0).Select(page => ChooseAsync(page, Choices(page)[^1])));

        await done.CancelAsync();
        Assert.Equal(Limit, (await LiveAsync(userId)).Count);
        Assert.Equal(Limit, await most);
        browsers.ForEach(b => b.Dispose());
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_the_session_used_least_recently_ends()
    {
        using Browser first = await App.NewUserAsync(), second = await SecondAsync(first);
        var key = App.KeyOf(second);
        var more = Samples.Session(App.Clock.GetUtcNow() + Minute, key.UserId);
        Assert.NotNull(await Store.AddAsync(more, await Store.GetGenerationAsync(key.UserId)));
        var form = await second.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        foreach (var box in form.Document.QuerySelectorAll("main input[type=checkbox]").OfType<IHtmlInputElement>())
            box.IsChecked = false;

        await form.PressAsync("Change password");

        Assert.Equal(new[] { IdOf(second), more.Id.ToString() }.Order(), (await LiveAsync(key.UserId)).Order());
    }

    private async Task<Browser> SecondAsync(Browser first)
    {
        App.Clock.Advance(Minute);
        var second = App.NewBrowser(Browser.Safari);
        await second.SignInAsync(first.Email);
        return second;
    }

    private string IdOf(Browser browser) => App.KeyOf(browser).SessionId.ToString();

    private async Task<UserSession> FindAsync(Browser browser) => (await Store.FindAsync(App.KeyOf(browser).UserId, App.KeyOf(browser).SessionId))!;

    private async Task<IReadOnlyList<string>> LiveAsync(Guid userId) =>
        [.. (await Store.ListAsync(userId)).Where(s => s.IsLive(App.Clock.GetUtcNow())).Select(s => s.Id.ToString())];

    private async Task<int> WatchAsync(Guid userId, CancellationToken done)
    {
        var seen = new ConcurrentBag<int>();
        while (!done.IsCancellationRequested)
        {
            seen.Add((await LiveAsync(userId)).Count);
            await Task.Delay(5, CancellationToken.None);
        }

        return seen.Max();
    }

    private static IReadOnlyList<string> Choices(Page page) => [.. page.Document.QuerySelectorAll("input[name=End]").Select(choice => choice.GetAttribute("value")!)];

    private static string ProofOf(Page page) => page.Document.QuerySelector("input[name=Waiting]")!.GetAttribute("value")!;

    private static void Choose(Page page, string id) => ((IHtmlInputElement)page.Document.QuerySelector($"input[name=End][value='{id}']")!).IsChecked = true;

    private static Task<Page> ChooseAsync(Page page, string id)
    {
        Choose(page, id);
        return page.PressAsync(Answer);
    }

    private static async Task<Page> SendAsync(Browser browser, string proof, string id, Page? form = null) => await browser.PostAsync("/account/login?handler=MakeRoom",
        ("Waiting", proof), ("End", id), ("__RequestVerificationToken", (form ?? await browser.GetAsync("/account/login")).AntiforgeryToken));

    private static async Task AssertRefusedAsync(Browser browser, string proof, string id)
    {
        var page = await browser.FollowAsync(await SendAsync(browser, proof, id));
        Assert.Contains(TooLate, page.Text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
    }

    private static async Task AssertSignedInAsync(Browser browser) => Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
}

public sealed class AskWhichSessionEndsOnSqlTests : AskWhichSessionEndsTests;

public sealed class AskWhichSessionEndsOnRedisTests : AskWhichSessionEndsTests
{
    private readonly RedisServer _redis = new();

    public override async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        App.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        await App.UntilReadyAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
