using WebApp.Accounts.Mail;
using WebApp.Sessions;

namespace WebApp.Accounts.Notices;

/// <summary>
/// Tells a person by mail what happened to the account. Each mail has a link for the case that it was somebody else. Nothing here throws because of
/// the mail, and nothing waits for it.
/// </summary>
public sealed class AccountNotices(AccountSnapshots snapshots, OneTimeTokens tokens, MailQueue mails, MailLinks links, IHttpContextAccessor contexts, TimeProvider clock)
{
    /// <summary>The page that the link leads to.</summary>
    public const string NotMePath = "/account/not-me";

    /// <summary>The account as it is in the database, to go back to: call it before a change that will be told of is saved. It is saved with it.</summary>
    public Task<AccountSnapshot> BeforeChangeAsync(AppUser user) => snapshots.AddAsync(user);

    public async Task SignedInOnNewDeviceAsync(AppUser user, string device)
    {
        var from = contexts.HttpContext?.Connection.RemoteIpAddress is { } address ? $", from the address {Network.Describe(address)}" : "";
        Send(Site, user, await snapshots.TakeAsync(user), "Signed in on a new device",
            $"Your account was signed in to on {Now()} with {device}{from}. It is the first time there.",
            "If it was you, there is nothing to do.");
    }

    public void PasswordChanged(AppUser user, AccountSnapshot before) => Send(Site, user, before, "Your password was changed",
        $"The password of your account was changed on {Now()}.", "If it was you, there is nothing to do.");

    /// <summary>To the address before, which is the one that can tell.</summary>
    public void EmailChanged(AppUser user, AccountSnapshot before) => Send(Site, user, before, "Your e-mail address was changed",
        $"Your account has had another e-mail address since {Now()}. Mail goes there from now on, and it is the name to sign in with.",
        "If it was you, there is nothing to do. If not, the link below brings this address back.");

    /// <summary>To an address that the person has left for one they had before: it is told, and gets no way back.</summary>
    public void DetourEnded(string to) => mails.TryEnqueue(new(to, "Your e-mail address was changed",
        [$"The account that had this e-mail address has another one since {Now()}. There is nothing to do."]));

    /// <param name="user">Whose.</param>
    /// <param name="before">From <see cref="BeforeChangeAsync"/>.</param>
    /// <param name="what">A sentence without its full stop, such as "An authenticator app was set up".</param>
    public void FactorsChanged(AppUser user, AccountSnapshot before, string what) => Send(Site, user, before, "How you sign in was changed",
        $"{what} on {Now()}.", "If it was you, there is nothing to do. If not, the link below brings back what was there before.");

    /// <param name="site">See <see cref="MailLinks.SiteOf"/>: support may act without a request.</param>
    /// <param name="user">Whose.</param>
    /// <param name="before">From <see cref="BeforeChangeAsync"/>.</param>
    /// <param name="why">In words, for a sentence of its own.</param>
    public void FactorsRemoved(Uri site, AppUser user, AccountSnapshot before, string why) => Send(site, user, before, "How you sign in was changed",
        $"Support removed every second factor of your account on {Now()}: authenticator app, passkeys, recovery codes, and the browsers that are asked for none. You are signed out everywhere.",
        $"The reason: {why}.",
        "Sign in with your password, and set up a second factor again. If the password is short because there was a second step, choose a longer one.",
        "If it was not you who asked support for that, the link below brings back what was there before.");

    /// <summary>
    /// What support did to the account, where the person has nothing to take back. Also of an account that is gone: it needs the address only.
    /// </summary>
    /// <param name="to">The person's address.</param>
    /// <param name="subject">Of the mail.</param>
    /// <param name="what">A sentence without its full stop, such as "Support closed your account".</param>
    /// <param name="why">In words, for a sentence of its own.</param>
    /// <param name="next">What it means, and what to do.</param>
    public void DoneBySupport(string to, string subject, string what, string why, params string[] next) =>
        mails.TryEnqueue(new(to, subject, [$"{what} on {Now()}.", $"The reason: {why}.", .. next]));

    /// <param name="site">See <see cref="MailLinks.SiteOf"/>: there is no request any more.</param>
    /// <param name="user">Whose account.</param>
    public async Task WrongProofsAsync(Uri site, AppUser user) => Send(site, user, await snapshots.TakeAsync(user), "Many wrong tries to sign in",
        $"Somebody tried to sign in to your account several times, until {Now()}, and did not get it right. Nobody got in by that.",
        "For a while nobody is let try from browsers that you have not used before. Yours go on.",
        "If it was you, and you don't remember the password, you can reset it from the sign-in page.");

    /// <param name="site">See <see cref="MailLinks.SiteOf"/>: there is no request any more.</param>
    /// <param name="user">Whose sessions.</param>
    /// <param name="subject">Of the mail.</param>
    /// <param name="what">A sentence without its full stop, such as "Support ended one or more of your sessions".</param>
    /// <param name="why">In words, for a sentence of its own; null: not to be said.</param>
    /// <param name="priority">Whether it is one of many alike.</param>
    public async Task SessionsConcernedAsync(Uri site, AppUser user, string subject, string what, string? why, MailPriority priority)
    {
        string[] reason = why is null ? [] : [$"The reason: {why}."];
        Send(site, user, await snapshots.TakeAsync(user), priority, subject,
            [$"{what} on {Now()}.", .. reason, "You can see your sessions, and what happened to each, on your account's pages."]);
    }

    private Uri Site => links.SiteOf(contexts.HttpContext!);

    /// <summary>To the address before. Without a name: it may be of whoever registered with the address first.</summary>
    private void Send(Uri site, AppUser user, AccountSnapshot before, string subject, params string[] paragraphs) =>
        Send(site, user, before, MailPriority.Notice, subject, paragraphs);

    private void Send(Uri site, AppUser user, AccountSnapshot before, MailPriority priority, string subject, string[] paragraphs) =>
        mails.TryEnqueue(new(before.Email, subject, paragraphs)
        {
            Priority = priority,
            Links =
            [
                new("This wasn't me: sign everybody out, and let nobody in before I have set a new password",
                    MailLinks.To(site, NotMePath, tokens.Seal(TokenPurpose.NotMe, user, AccountSnapshots.KeptFor, before.Id.ToString()))),
            ],
        });

    private string Now() => clock.GetUtcNow().UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'");
}
