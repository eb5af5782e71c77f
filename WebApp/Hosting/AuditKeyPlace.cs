using Microsoft.Extensions.Options;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Where the audit log's key is kept: in a setting, or on one machine in a file beside the database.</summary>
internal static class AuditKeyPlace
{
    private const string Setting = $"{AuditOptions.Section}:{nameof(AuditOptions.Key)}";

    /// <exception cref="OptionsValidationException">Outside Development instances that share Redis need <c>Audit:Key</c>, so that they share that, too.</exception>
    public static void AddAuditKey(this WebApplicationBuilder builder, Database database)
    {
        var key = builder.Configuration[Setting] is { Length: > 0 } set ? set : null;
        if (key is null && !builder.Environment.IsDevelopment() && ServerSideSessions.ChosenStore(builder) == SessionStoreKind.Redis)
            throw new OptionsValidationException(Setting, typeof(AuditOptions), [
                $"{Setting} is not set. All instances need the same key for the audit log's chain. Set it, from a secret store, to what \"openssl rand -base64 {AuditKey.Bytes}\" "
                + "writes, and keep a copy where the database's backups are not. A log that was begun with a file has its key there, in audit.key."]);

        builder.Services.AddSingleton(new AuditKey(key, Path.Combine(database.Folder, "audit.key")));
    }
}
