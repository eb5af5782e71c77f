using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Factors;

public sealed class SecondFactorsTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Fact]
    public async Task What_another_change_of_the_account_overtook_is_not_written_down_for_it_did_not_happen()
    {
        var (browser, _, _) = await app.NewUserWithAppAsync();
        var id = app.KeyOf(browser).UserId;

        var change = await app.InRequestAsync<IServiceProvider, FactorsChange>(async services =>
        {
            var context = services.GetRequiredService<IHttpContextAccessor>().HttpContext!;
            var db = services.GetRequiredService<AppDbContext>();
            var user = await db.Users.SingleAsync(u => u.Id == id);
            await db.Users.Where(u => u.Id == id).ExecuteUpdateAsync(set => set.SetProperty(u => u.ConcurrencyStamp, "of another change"));
            return await services.GetRequiredService<SecondFactors>().ReplaceRecoveryCodesAsync(context, user, endOthers: true);
        });

        Assert.Equal(FactorsChangeOutcome.Overtaken, change.Outcome);
        Assert.DoesNotContain(await app.AuditOfAsync(id), e => e.Action == AuditAction.RecoveryCodesMade);
        Assert.Contains("10 of 10 left.", (await browser.GetAsync("/account/security")).Text, StringComparison.Ordinal);
        browser.Dispose();
    }
}
