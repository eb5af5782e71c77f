using Microsoft.Data.Sqlite;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Something fails in the middle of a deletion: the account is there as before or gone for good, and the words say which.</summary>
public sealed class DeletionOutageTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TestApp _app = new();

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        _app.Settings["Sessions:CommandTimeout"] = "00:00:01";
        await _app.UntilReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Without_the_session_store_nothing_is_deleted_and_the_person_can_go_on()
    {
        using var owner = await _app.NewUserAsync();
        var id = _app.KeyOf(owner).UserId;
        var form = await owner.GetAsync("/account/delete");
        var held = await HeldPost.SendAsync(_app, owner, "/account/delete", ("Email", owner.Email), ("__RequestVerificationToken", form.AntiforgeryToken));
        await _redis.StopAsync();

        var answer = await held.FinishAsync();

        Assert.Equal((302, "/account/delete"), (answer.Status, answer.Location));
        Assert.Equal([AuditAction.AccountDeleted, AuditAction.AccountNotDeleted], (await _app.AuditOfAsync(id)).TakeLast(2).Select(e => e.Action));
        await _redis.StartAsync();
        await _app.UntilReadyAsync();
        Assert.Contains("Your account was not deleted. We could not confirm whether your sessions have ended.", (await owner.FollowAsync(answer)).Text, StringComparison.Ordinal);
        await owner.SignInAsync(owner.Email);
        Assert.Contains("The account was not deleted: something failed", (await owner.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", (await owner.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_account_can_not_be_deleted_its_sessions_have_ended_and_it_can_be_signed_in_to()
    {
        using var owner = await _app.NewUserAsync();
        var id = _app.KeyOf(owner).UserId;
        var form = await owner.GetAsync("/account/delete");
        await ExecuteAsync($"CREATE TRIGGER Stop BEFORE DELETE ON AspNetUsers BEGIN SELECT RAISE(ABORT, 'stopped'); END");

        var page = await form.Fill("Email", owner.Email).PressAsync("Delete my account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("Your account was not deleted, but you are signed out everywhere.", page.Text, StringComparison.Ordinal);
        Assert.Equal(AuditAction.AccountNotDeleted, (await _app.AuditOfAsync(id))[^1].Action);
        await ExecuteAsync("DROP TRIGGER Stop");
        await owner.SignInAsync(owner.Email);
        Assert.Equal("/account/goodbye", (await (await owner.GetAsync("/account/delete")).Fill("Email", owner.Email).PressAsync("Delete my account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Without_an_audit_log_nothing_begins()
    {
        using var owner = await _app.NewUserAsync();
        var form = await owner.GetAsync("/account/delete");
        await _app.BreakAsync("AuditLog");

        Assert.Equal(500, (await form.Fill("Email", owner.Email).SendAsync("Delete my account")).Status);

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // The row that says so was saved together with the deletion.
    [Fact]
    public async Task What_could_not_be_forgotten_at_once_is_forgotten_later()
    {
        using var owner = await _app.NewUserAsync();
        var id = _app.KeyOf(owner).UserId;
        var form = await owner.GetAsync("/account/delete");
        await ExecuteAsync("CREATE TRIGGER Stop BEFORE DELETE ON AuditOrigins BEGIN SELECT RAISE(ABORT, 'stopped'); END");

        Assert.Equal("/account/goodbye", (await form.Fill("Email", owner.Email).PressAsync("Delete my account")).Address.AbsolutePath);

        Assert.Contains(await _app.AuditOfAsync(id), e => e.Address is not null);
        await ExecuteAsync("DROP TRIGGER Stop");
        await Eventually.TrueAsync(async () => (await _app.AuditOfAsync(id)).All(e => e.Address is null && e.Device is null), "it is forgotten");
        Assert.Single(await _app.AuditOfAsync(id), e => e.Action == AuditAction.PersonalDataForgotten);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_app.Database};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests are its only source.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
