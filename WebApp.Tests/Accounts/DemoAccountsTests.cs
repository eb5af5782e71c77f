using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Hosting;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

public sealed class DemoAccountsTests
{
    [Fact]
    public async Task Demo_accounts_exist_in_development()
    {
        await using var app = new TestApp();

        Assert.Equal(["ada@example.com", "alice@example.com", "bob@example.com", "sam@example.com"], await EmailsAsync(app));
    }

    [Fact]
    public async Task No_demo_account_exists_in_production_whatever_the_settings_say()
    {
        await using var app = new TestApp
        {
            EnvironmentName = "Production",
            Settings =
            {
                ["Sessions:Store"] = "Sql",
                ["App:PublicUrl"] = "https://accounts.example.com",
                ["Demo:Password"] = Browser.DemoPassword,
                ["Demo:Accounts:0:Email"] = "ada@example.com",
                ["Demo:Accounts:0:Name"] = "Ada",
                ["Demo:Accounts:0:Role"] = Roles.Admin,
            },
        };
        await Database.MigrateAsync(app.Services);

        Assert.Empty(await EmailsAsync(app));
    }

    private static Task<List<string?>> EmailsAsync(TestApp app) =>
        app.InRequestAsync<AppDbContext, List<string?>>(db => db.Users.Select(u => u.Email).OrderBy(e => e).ToListAsync());
}
