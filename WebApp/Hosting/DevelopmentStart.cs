using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Sessions.Sql;

namespace WebApp.Hosting;

/// <summary>Makes a fresh clone usable at once: database, demo accounts, and a line that says how to sign in.</summary>
internal static class DevelopmentStart
{
    public static async Task PrepareForDevelopmentAsync(this WebApplication app)
    {
        await Database.MigrateAsync(app.Services);

        var demo = app.Configuration.GetSection("Demo").Get<DemoAccounts>() ?? new();
        await using (var scope = app.Services.CreateAsyncScope())
            await demo.SeedAsync(scope.ServiceProvider.GetRequiredService<AccountCreation>());

        var sessions = app.Services.GetRequiredService<IUserSessionStore>() is SqlUserSessionStore
            ? "in the embedded database (set ConnectionStrings:Redis to keep them in Redis)"
            : "in Redis";
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"""

            Open {string.Join(" or ", app.Urls)}
            Demo accounts: {string.Join(", ", demo.Accounts.Select(a => a.Role is null ? a.Email : $"{a.Email} ({a.Role})"))}
            Their password: {demo.Password}
            Sessions are kept {sessions}.

            """));
    }
}
