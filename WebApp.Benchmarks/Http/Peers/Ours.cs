using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>This app's sessions, wired as in its own Program.cs; only the pages are missing. The settings say in which mode.</summary>
internal sealed class Ours : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        var database = new Database(builder);
        builder.AddServerSideSessions(IdentityConstants.ApplicationScheme, database.Use);
        builder.AddMail(Path.Combine(database.Folder, "mail"));
        builder.AddAccounts(database.Use);
        builder.Services.AddSessionNotices();
        builder.AddAuditKey(database);
        builder.Services.AddAuditLog(database.Use);
        builder.Services.AddAdmin(database.Use);
        builder.AddKeyRing(database);
    }

    public override Task PrepareAsync(WebApplication app)
    {
        app.ConnectSessionEventsToAuditLog();
        return Database.MigrateAsync(app.Services);
    }

    public override void Use(WebApplication app)
    {
        app.UseUnavailablePage();
        app.UseSessionAuthentication();
        app.UseUnavailablePageForUnknownSessions();
        app.UseLockedSessions();
        app.UseRequiredSecondFactor();
        app.UseAuthorization();
    }

    public override void Map(WebApplication app) => app.MapPost("/revoke", RevokeAsync).RequireAuthorization();

    public override async Task<string> SignInAsync(HttpContext context, BenchmarkUser user)
    {
        await context.SignInAsync(IdentityConstants.ApplicationScheme, user.ToPrincipal(IdentityConstants.ApplicationScheme));
        return "";
    }

    /// <summary>Ends the session that the request came with, in the way that the list of sessions in another browser would.</summary>
    private static async Task RevokeAsync(HttpContext context)
    {
        var session = RequestSession.Of(context).Current!;
        if (!await context.RequestServices.GetRequiredService<SessionManager>().RevokeAsync(session.UserId, session.Id, RevocationReason.SignedOutElsewhere))
            context.Response.StatusCode = StatusCodes.Status409Conflict;
    }
}
