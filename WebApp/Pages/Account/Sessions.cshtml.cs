using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Browsers;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class SessionsModel(SessionManager sessions, AppSignInManager signIn, KnownBrowsers browsers, AuditLog audit, TimeProvider clock) : PageModel
{
    /// <summary>More sessions than these can be unfolded.</summary>
    public const int ShownAtOnce = 10;

    private const int MaxEndedShown = 10;
    private const int MaxWarningsRead = 100;
    private static readonly TimeSpan WarnedFor = TimeSpan.FromDays(7);
    private const string NotConfirmed = "We could not confirm it; check the list below.";

    /// <summary>Minutes. No clock on earth is further from UTC.</summary>
    private const int MaxOffset = 14 * 60;

    private static readonly TimeSpan[] Leashes =
        [TimeSpan.FromMinutes(15), TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromDays(1), TimeSpan.FromDays(7)];

    /// <summary>This browser's session first, then by last seen.</summary>
    public IReadOnlyList<UserSession> Live { get; private set; } = [];

    public IReadOnlyList<UserSession> RecentlyEnded { get; private set; } = [];

    /// <summary>Of each live session the latest warning that its person is to be told of.</summary>
    public IReadOnlyList<(UserSession Session, AuditEntry Warning)> Warnings { get; private set; } = [];

    /// <summary>The browsers that are asked for no second factor.</summary>
    public IReadOnlyList<KnownBrowser> Remembered { get; private set; } = [];

    /// <summary>Which of them this request came from; null: none.</summary>
    public Guid? CurrentBrowserId { get; private set; }

    public SessionId CurrentId => RequestSession.Of(HttpContext).Current!.Id;

    /// <summary>How long the session can be left to go on at the most: it only ever ends earlier.</summary>
    public IEnumerable<TimeSpan> LeashesFor(UserSession session) => Leashes.Where(time => clock.GetUtcNow() + time < session.AbsoluteDeadline);

    public async Task OnGetAsync()
    {
        var all = await sessions.ListAsync(User.GetUserId());
        Live = [.. all.Live.OrderByDescending(s => s.Id == CurrentId)];
        RecentlyEnded = [.. all.Revoked.Take(MaxEndedShown)];
        var warnings = await audit.ListOfSubjectAsync(User.GetUserId(), AuditAction.SignalNotified, clock.GetUtcNow() - WarnedFor, MaxWarningsRead);
        Warnings = [.. Live.Join(warnings.DistinctBy(w => w.SessionId), s => s.Id.ToString(), w => w.SessionId, (session, warning) => (session, warning))];
        Remembered = await browsers.ListRememberedAsync(User.GetUserId());
        CurrentBrowserId = Remembered.Count > 0 ? (await browsers.FindAsync(HttpContext, User.GetUserId()))?.Id : null;
    }

    public async Task<IActionResult> OnPostRevokeAsync(SessionId id)
    {
        if (ModelState.IsValid && id == CurrentId)
        {
            await signIn.SignOutAsync();
            return this.RedirectWithStatus("You are signed out.", "/Index");
        }

        try
        {
            return ModelState.IsValid && await sessions.RevokeAsync(User.GetUserId(), id, RevocationReason.SignedOutElsewhere)
                ? this.RedirectWithStatus("That device has been signed out.")
                : await NothingDoneAsync(id, "That session had already ended.");
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError(NotConfirmed);
        }
    }

    public async Task<IActionResult> OnPostLockAsync(SessionId id)
    {
        try
        {
            return ModelState.IsValid && await sessions.LockAsync(User.GetUserId(), id, LockReason.User)
                ? this.RedirectWithStatus("That session is locked. It goes on once the password is entered there.")
                : await NothingDoneAsync(id, "That session was locked already, or has ended.");
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError(NotConfirmed);
        }
    }

    /// <summary>The leash that a person puts a session on: to end after a while, whatever time it is where they are.</summary>
    public Task<IActionResult> OnPostShortenAsync(SessionId id, TimeSpan time) =>
        ShortenAsync(id, Leashes.Contains(time) ? clock.GetUtcNow() + time : null);

    /// <summary>The same, to end at a time of day: theirs if a script could tell it, otherwise UTC.</summary>
    /// <param name="id">Of the session.</param>
    /// <param name="until">By the person's clock.</param>
    /// <param name="offset">How many minutes that clock is ahead of UTC.</param>
    public Task<IActionResult> OnPostShortenUntilAsync(SessionId id, DateTime until, int offset)
    {
        var isTime = ModelState.IsValid && offset is >= -MaxOffset and <= MaxOffset && until.Year is > 2000 and < 9000;
        DateTimeOffset? deadline = isTime ? new DateTimeOffset(DateTime.SpecifyKind(until, DateTimeKind.Unspecified), TimeSpan.FromMinutes(offset)) : null;
        if (deadline > clock.GetUtcNow())
            return ShortenAsync(id, deadline);

        IActionResult again = this.RedirectWithError("That is no time to come. Nothing was changed; choose a later one.");
        return Task.FromResult(again);
    }

    private async Task<IActionResult> ShortenAsync(SessionId id, DateTimeOffset? deadline)
    {
        try
        {
            return ModelState.IsValid && deadline is { } time && await sessions.ShortenAsync(User.GetUserId(), id, time)
                ? this.RedirectWithStatus($"That session ends {RelativeTime.Describe(time, clock.GetUtcNow())} at the latest, on {time.UtcDateTime:d MMMM, HH:mm} UTC.")
                : await NothingDoneAsync(id, "That session ends before that anyway, or has ended.");
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError(NotConfirmed);
        }
    }

    /// <summary>Unknown, malformed, ended and someone else's: the same answer, for it tells nothing.</summary>
    private async Task<IActionResult> NothingDoneAsync(SessionId id, string words)
    {
        if (!ModelState.IsValid || await sessions.FindAsync(User.GetUserId(), id) is null)
            ForeignSession.Mark(HttpContext);
        return this.RedirectWithStatus(words);
    }

    /// <summary>Unknown, malformed and someone else's: the same answer, for it tells nothing.</summary>
    public async Task<IActionResult> OnPostForgetAsync(Guid browser)
    {
        if (!ModelState.IsValid || !await browsers.ForgetAsync(User.GetUserId(), browser))
            return this.RedirectWithStatus("That browser was not remembered any more.");

        await AuditForgottenAsync();
        return this.RedirectWithStatus("That browser is asked for a second factor again.");
    }

    public async Task<IActionResult> OnPostForgetAllAsync()
    {
        await browsers.ForgetAllAsync(User.GetUserId());
        await AuditForgottenAsync();
        return this.RedirectWithStatus("Every browser is asked for a second factor again.");
    }

    private Task<long> AuditForgottenAsync() => audit.AppendAsync(AuditEntries.By(HttpContext, User.GetUserId(), AuditAction.BrowserForgotten));

    public async Task<IActionResult> OnPostRevokeOthersAsync()
    {
        try
        {
            var ended = await sessions.RevokeOthersAsync(User.GetUserId(), CurrentId, RevocationReason.SignedOutElsewhere);
            return this.RedirectWithStatus(ended switch
            {
                0 => "You were not signed in anywhere else.",
                1 => "One other session was signed out.",
                _ => $"{ended} other sessions were signed out.",
            });
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError(NotConfirmed);
        }
    }
}
