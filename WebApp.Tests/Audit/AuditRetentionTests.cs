using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

public sealed class AuditRetentionTests
{
    private readonly Guid _person = Guid.NewGuid();

    [Fact]
    public async Task An_entry_is_kept_for_a_year_to_the_millisecond_and_then_removed()
    {
        await using var app = new TestApp();
        var (audit, retention) = Of(app);
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = _person, Reason = "old" });
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = _person, Reason = "young" });
        app.Clock.Advance(TimeSpan.FromDays(365) - TimeSpan.FromMilliseconds(1));

        Assert.DoesNotContain(await Removed(), reason => reason is "old" or "young");
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await retention.RemoveAsync(CancellationToken.None);

        Assert.Equal(["young"], (await app.AuditOfAsync(_person)).Select(e => e.Reason));

        async Task<IEnumerable<string?>> Removed()
        {
            var before = await app.AuditOfAsync(_person);
            await retention.RemoveAsync(CancellationToken.None);
            return before.Except(await app.AuditOfAsync(_person)).Select(e => e.Reason);
        }
    }

    [Fact]
    public async Task A_round_removes_batch_after_batch_and_leaves_what_is_younger()
    {
        await using var app = new TestApp { Settings = { ["Audit:KeepFor"] = "30.00:00:00" } };
        var (audit, retention) = Of(app);
        await app.FillAuditLogAsync(_person, (2 * AuditLog.Batch) + 1);
        app.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1));
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = _person });

        var removed = await retention.RemoveAsync(CancellationToken.None);

        Assert.True(removed > 2 * AuditLog.Batch, $"{removed} were removed");
        Assert.Single(await app.AuditOfAsync(_person));
        Assert.Equal(0, await retention.RemoveAsync(CancellationToken.None));
    }

    // Ids are what pages go on from: one that comes again would show an entry twice.
    [Fact]
    public async Task Ids_go_on_rising_after_everything_was_removed()
    {
        await using var app = new TestApp();
        var (audit, retention) = Of(app);
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        var last = (await audit.ListAsync(null, 1))[0].Id;
        app.Clock.Advance(TimeSpan.FromDays(366));
        await retention.RemoveAsync(CancellationToken.None);
        Assert.Empty(await audit.ListAsync(null, 1));

        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });

        Assert.True((await audit.ListAsync(null, 1))[0].Id > last);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("29.00:00:00")]
    [InlineData("-365.00:00:00")]
    [InlineData("5000.00:00:00")]
    public async Task Too_short_and_endless_are_refused_at_the_start(string keepFor)
    {
        await using var app = new TestApp { Settings = { ["Audit:KeepFor"] = keepFor } };

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains("Audit:KeepFor must be from 30.00:00:00 to ten years.", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_is_refused_at_the_start()
    {
        await using var app = new TestApp { Settings = { ["Audit:KeepsFor"] = "90.00:00:00" } };

        Assert.Contains("KeepsFor", Assert.ThrowsAny<Exception>(() => app.Address).ToString(), StringComparison.Ordinal);
    }

    private static (AuditLog Audit, AuditRetention Retention) Of(TestApp app)
    {
        _ = app.Address;
        return (app.Services.GetRequiredService<AuditLog>(), app.Services.GetRequiredService<AuditRetention>());
    }
}
