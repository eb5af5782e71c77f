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
            {WordsOn(demo)}
            Sessions are kept {sessions}.

            """));
    }

    /// <summary>A published app has none: their settings are not published.</summary>
    private static string WordsOn(DemoAccounts demo) => demo.Accounts.Count == 0
        ? "There are no demo accounts; make one at /account/register."
        : $"""
            Demo accounts: {string.Join(", ", demo.Accounts.Select(NameOf))}
            Their password: {demo.Password}
            """;

    private static string NameOf(DemoAccount account) =>
        account.Role is null ? account.Email : $"{account.Email} ({account.Role})";
}
