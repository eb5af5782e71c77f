using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Audit entries of what comes with a request. Each has its address and its browser.</summary>
public static class AuditEntries
{
    /// <summary>Of what a person does to their own account.</summary>
    public static AuditEntry By(HttpContext context, Guid userId, AuditAction action) => About(context, userId, action) with { ActorId = userId };

    /// <summary>Of what somebody does who has not proved who they are.</summary>
    /// <param name="context">The request.</param>
    /// <param name="subjectId">Whose account it is about; null when there is none.</param>
    /// <param name="action">What is done.</param>
    public static AuditEntry About(HttpContext context, Guid? subjectId, AuditAction action) => new()
    {
        Action = action,
        SubjectId = subjectId,
        Address = context.Connection.RemoteIpAddress?.ToString(),
        Device = Device.Of(context.Request).ToString(),
    };
}
