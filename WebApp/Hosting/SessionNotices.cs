using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Admin.Bulk;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// Mails a person what somebody else, or a rule, did to their sessions. Behind the request, which may be over; and however many sessions are ended at
/// once, it is one mail.
/// </summary>
internal sealed class SessionNotices(Errands errands, IServiceScopeFactory scopes, IOptions<AppOptions> app, IHttpContextAccessor contexts, MailLinks links, TimeProvider clock)
{
    private const string Ended = "Sessions of yours were ended";
    private const string EndedBySupport = "Support ended one or more of your sessions";
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid UserId, string Subject), DateTimeOffset> _told = [];

    /// <summary>Returns at once, and never throws.</summary>
    public void Tell(SessionEvent sessionEvent)
    {
        if (Describe(sessionEvent) is not var (subject, what, why) || Site() is not { } site || WasToldJustNow(sessionEvent.UserId, subject))
            return;

        errands.Add(services => SendAsync(services, sessionEvent.UserId, site, subject, what, why, MailPriority.Notice));
    }

    /// <summary>For sessions that ended in bulk. Waits until the mail is in the queue.</summary>
    public async Task TellOfEndAsync(Guid userId, Revocation revocation, Uri site)
    {
        await using var scope = scopes.CreateAsyncScope();
        await SendAsync(scope.ServiceProvider, userId, site, Ended, EndedBySupport, WhyOf(revocation), MailPriority.Bulk);
    }

    private static async Task SendAsync(
        IServiceProvider services, Guid userId, Uri site, string subject, string what, string? why, MailPriority priority)
    {
        if (await services.GetRequiredService<UserManager<AppUser>>().FindByIdAsync(userId.ToString()) is { } user)
            await services.GetRequiredService<AccountNotices>().SessionsConcernedAsync(site, user, subject, what, why, priority);
    }

    /// <summary>Null in Development without a request: there is no other word on where the app is.</summary>
    private Uri? Site() => app.Value.PublicUrl ?? (contexts.HttpContext is { } context ? links.SiteOf(context) : null);

    private bool WasToldJustNow(Guid userId, string subject)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (_told.TryGetValue((userId, subject), out var earlier) && now - earlier < AtOnce)
                return true;

            if (_told.Count >= MostRemembered)
                _told.Clear();
            _told[(userId, subject)] = now;
            return false;
        }
    }

    private static string WhyOf(Revocation revocation) =>
        Words.Of(revocation.Reason) + (revocation.CaseReference is { } caseReference ? $", case {caseReference}" : "");

    /// <summary>Null for what the person did, or was there to see.</summary>
    private static (string Subject, string What, string? Why)? Describe(SessionEvent sessionEvent) => sessionEvent switch
    {
        SessionRevoked { IsToldByCaller: true } => null,
        SessionRevoked { Revocation: { } revocation } when revocation.Reason.RevokedBy() == RevokedBy.Support =>
            (Ended, EndedBySupport, WhyOf(revocation)),
        SessionRevoked { Revocation.Reason: RevocationReason.PossibleTheft or RevocationReason.Signal } revoked =>
            (Ended, "A session of yours was ended by a security rule", Words.Of(revoked.Revocation.Reason)),
        SessionLocked { Lock: { } held } when held.Reason.LockedBy() == RevokedBy.Support =>
            ("A session of yours was locked", "Support locked one of your sessions", null),
        SignalRaised { Signal: { Rule: { Action: SignalAction.Notify, DryRun: false } } seen } =>
            ("A session of yours was used in an unusual way", "One of your sessions was used in an unusual way", Words.Of(seen.Signal)),
        _ => null,
    };
}

internal static class SessionNoticesSetup
{
    public static void AddSessionNotices(this IServiceCollection services) =>
        services.AddSingleton<SessionNotices>().AddSingleton<TellOfEnd>(s => s.GetRequiredService<SessionNotices>().TellOfEndAsync);
}
