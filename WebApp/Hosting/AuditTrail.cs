using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Writes what happens to sessions into the audit log, and has its person told, so that none of the folders needs to know the others.</summary>
internal static partial class AuditTrail
{
    public static void ConnectSessionEventsToAuditLog(this WebApplication app)
    {
        var (audit, notices) = (app.Services.GetRequiredService<AuditLog>(), app.Services.GetRequiredService<SessionNotices>());
        app.Services.GetRequiredService<SessionEvents>().Connect(async sessionEvent =>
        {
            notices.Tell(sessionEvent);
            try
            {
                await audit.AppendAsync(Describe(sessionEvent));
            }
#pragma warning disable CA1031 // The session has begun or ended already; the request must not fail, and the log keeps the line.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogNotWritten(app.Logger, e, sessionEvent.GetType().Name, sessionEvent.UserId, sessionEvent.SessionId);
            }
        });
    }

    private static AuditEntry Describe(SessionEvent sessionEvent) => sessionEvent switch
    {
        SessionStarted started => new()
        {
            Action = AuditAction.SignedIn,
            ActorId = started.UserId,
            SubjectId = started.UserId,
            SessionId = started.SessionId.ToString(),
            Address = started.Session.SignInAddress?.ToString(),
            Device = started.Session.Device.ToString(),
            Method = started.Session.SignInMethod,
        },
        SessionRevoked revoked => new()
        {
            Action = AuditAction.SessionEnded,
            ActorId = revoked.Revocation.Reason.RevokedBy() == RevokedBy.User ? revoked.UserId : revoked.By,
            SubjectId = revoked.UserId,
            SessionId = revoked.SessionId.ToString(),
            Reason = revoked.Revocation.Reason.ToString(),
            CaseReference = revoked.Revocation.CaseReference,
            Address = revoked.Address?.ToString(),
        },
        SessionLocked locked => new()
        {
            Action = AuditAction.SessionLocked,
            ActorId = locked.Lock.Reason.LockedBy() == RevokedBy.User ? locked.UserId : null,
            SubjectId = locked.UserId,
            SessionId = locked.SessionId.ToString(),
            Reason = locked.Lock.Reason.ToString(),
            Address = locked.Address?.ToString(),
        },
        SessionConfirmed confirmed => new()
        {
            Action = AuditAction.IdentityConfirmed,
            ActorId = confirmed.UserId,
            SubjectId = confirmed.UserId,
            SessionId = confirmed.SessionId.ToString(),
            Reason = confirmed.Unlocked?.ToString(),
            Address = confirmed.Address?.ToString(),
        },
        SessionShortened shortened => new()
        {
            Action = AuditAction.SessionShortened,
            ActorId = shortened.UserId,
            SubjectId = shortened.UserId,
            SessionId = shortened.SessionId.ToString(),
            Details = $"ends at {shortened.Deadline.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC at the latest",
        },
        SessionMoved moved => new()
        {
            Action = AuditAction.SessionMoved,
            SubjectId = moved.UserId,
            SessionId = moved.SessionId.ToString(),
            Address = moved.Use.Address?.ToString(),
            Details = $"{Network.Describe(moved.From)} → {Place(moved.Use)}",
        },
        SignalRaised raised => new()
        {
            Action = raised.Signal.Rule is { Action: SignalAction.Notify, DryRun: false } ? AuditAction.SignalNotified : AuditAction.SignalRaised,
            SubjectId = raised.UserId,
            SessionId = raised.SessionId.ToString(),
            Reason = raised.Signal.Signal.ToString(),
            Address = raised.Address?.ToString(),
            Details = $"{raised.Signal.From} → {raised.Signal.To}" + DryRun(raised.Signal.Rule),
        },
        SessionDisowned disowned => new()
        {
            Action = AuditAction.SessionDisowned,
            ActorId = disowned.UserId,
            SubjectId = disowned.UserId,
            SessionId = disowned.SessionId.ToString(),
            Address = disowned.Address?.ToString(),
        },
        RevokedSessionTried tried => new()
        {
            Action = AuditAction.RevokedSessionTried,
            SubjectId = tried.UserId,
            SessionId = tried.SessionId.ToString(),
            Address = tried.Address?.ToString(),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(sessionEvent)),
    };

    private static string DryRun(SignalRule rule) => rule.DryRun ? $" (dry run: nothing was done; the rule says {rule.Action.ToString().ToLowerInvariant()})" : "";

    private static string Place(SessionUse use) => use.Country is { } country ? $"{Network.Describe(use.Address)} ({country})" : Network.Describe(use.Address);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit entry {Event} for session {SessionId} of user {UserId} could not be written")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, string @event, Guid userId, SessionId sessionId);
}
