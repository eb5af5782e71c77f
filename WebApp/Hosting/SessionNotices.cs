using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Accounts.Notices;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Mails a person what somebody else, or a rule, did to their sessions. However many sessions one request ends, it is one mail.</summary>
internal sealed class SessionNotices(IServiceScopeFactory scopes, IHttpContextAccessor contexts)
{
    private const string Ended = "Sessions of yours were ended";

    public async Task TellAsync(SessionEvent sessionEvent)
    {
        if (Describe(sessionEvent) is not var (subject, what, why) || contexts.HttpContext is not { } context || !context.Items.TryAdd((typeof(SessionNotices), sessionEvent.UserId), null))
            return;

        await using var scope = scopes.CreateAsyncScope();
        if (await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByIdAsync(sessionEvent.UserId.ToString()) is { } user)
            await scope.ServiceProvider.GetRequiredService<AccountNotices>().SessionsConcernedAsync(user, subject, what, why);
    }

    /// <summary>Null for what the person did, or was there to see.</summary>
    private static (string Subject, string What, string? Why)? Describe(SessionEvent sessionEvent) => sessionEvent switch
    {
        SessionRevoked { Revocation: { } revocation } when revocation.Reason.RevokedBy() == RevokedBy.Support =>
            (Ended, "Support ended one or more of your sessions",
                Words.Of(revocation.Reason) + (revocation.CaseReference is { } caseReference ? $", case {caseReference}" : "")),
        SessionRevoked { Revocation.Reason: RevocationReason.PossibleTheft or RevocationReason.Signal } revoked =>
            (Ended, "A session of yours was ended by a security rule", Words.Of(revoked.Revocation.Reason)),
        SessionLocked { Lock: { } held } when held.Reason.LockedBy() == RevokedBy.Support =>
            ("A session of yours was locked", "Support locked one of your sessions", null),
        SignalRaised { Signal: { Rule: { Action: SignalAction.Notify, DryRun: false } } seen } =>
            ("A session of yours was used in an unusual way", "One of your sessions was used in an unusual way", Words.Of(seen.Signal)),
        _ => null,
    };
}
