using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
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
        builder.AddAccounts(database.Use);
        builder.Services.AddAuditLog(database.Use);
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
        app.UseAuthorization();
    }

    public override async Task<string> SignInAsync(HttpContext context, BenchmarkUser user)
    {
        await context.SignInAsync(IdentityConstants.ApplicationScheme, user.ToPrincipal(IdentityConstants.ApplicationScheme));
        return "";
    }
}
