using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

public sealed class AuditWatchTests
{
    // Whoever collects standard output so has a copy of what the log was, elsewhere.
    [Fact]
    public async Task The_application_log_is_told_the_head_at_the_start_and_whenever_it_rose()
    {
        await using var app = new TestApp();
        _ = app.Address;
        var audit = app.Services.GetRequiredService<AuditLog>();
        await Eventually.TrueAsync(() => Task.FromResult(Heads(app).Count == 1), "the head is told");

        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        var watch = app.Services.GetRequiredService<AuditWatch>();
        await watch.TellAsync();
        await watch.TellAsync();

        Assert.Equal(2, Heads(app).Count);
        Assert.EndsWith($"The audit log's head is {await audit.HeadAsync()} ", Heads(app)[1], StringComparison.Ordinal);
        Assert.StartsWith("Information ", Heads(app)[1], StringComparison.Ordinal);
    }

    // The same entries put back in another order of events have the same ids: the links tell.
    [Fact]
    public async Task A_log_that_is_put_back_while_the_app_runs_is_told_as_an_error_also_once_it_has_grown_past_what_was_told()
    {
        await using var app = new TestApp();
        _ = app.Address;
        var (audit, watch) = (app.Services.GetRequiredService<AuditLog>(), app.Services.GetRequiredService<AuditWatch>());
        await ExecuteAsync(app, "CREATE TABLE Copy AS SELECT * FROM AuditHead");
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        await watch.TellAsync();
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        await watch.TellAsync();
        Assert.Empty(Errors(app));

        await ExecuteAsync(app, "DROP TRIGGER AuditLogDelete; DROP TRIGGER AuditHeadDelete; DELETE FROM AuditLog WHERE Id > (SELECT LastId FROM Copy); DELETE FROM AuditHead; INSERT INTO AuditHead SELECT * FROM Copy");
        await watch.TellAsync();
        await watch.TellAsync();
        Assert.Single(Errors(app));
        await ExecuteAsync(app, "DELETE FROM Copy; INSERT INTO Copy SELECT * FROM AuditHead");
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        await watch.TellAsync();
        await ExecuteAsync(app, "DELETE FROM AuditLog WHERE Id > (SELECT LastId FROM Copy); DELETE FROM AuditHead; INSERT INTO AuditHead SELECT * FROM Copy");
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn, CaseReference = "another" });
        await watch.TellAsync();
        Assert.Equal(2, Errors(app).Count);
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn });
        await watch.TellAsync();
        Assert.Equal(2, Errors(app).Count);
    }

    [Fact]
    public async Task With_another_key_the_app_does_not_start_and_says_which()
    {
        await using var first = new TestApp();
        _ = first.Address;
        await using var second = new TestApp { Database = first.Database, Settings = { ["Audit:Key"] = Convert.ToBase64String(new byte[32]) } };

        var refusal = Assert.ThrowsAny<Exception>(() => second.Address);

        Assert.Contains("The audit log was not written with the key of Audit:Key", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_key_the_app_does_not_start_and_says_what_is_missing()
    {
        await using var first = new TestApp();
        _ = first.Address;
        File.Delete(Path.Combine(Path.GetDirectoryName(first.Database)!, "audit.key"));
        await using var second = new TestApp { Database = first.Database };

        var refusal = Assert.ThrowsAny<Exception>(() => second.Address);

        Assert.Contains("The audit log's key is missing", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_Development_instances_that_share_Redis_need_the_key_as_a_setting()
    {
        await using var app = new ProductionApp();
        app.Settings.Remove("Sessions:Store");
        app.Settings["ConnectionStrings:Redis"] = "127.0.0.1:1";
        var folder = Directory.CreateTempSubdirectory("certificate-").FullName;
        app.Settings["DataProtection:Certificate"] = ProductionApp.MakeCertificate(folder, "pfx");

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains("Audit:Key is not set.", refusal.ToString(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static List<string> Errors(TestApp app) => [.. app.Log.Lines.Where(line => line.StartsWith("Error ", StringComparison.Ordinal) && line.Contains("The audit log was put back or written anew", StringComparison.Ordinal))];

    private static async Task ExecuteAsync(TestApp app, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={app.Database};Default Timeout=30");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static List<string> Heads(TestApp app) => [.. app.Log.Lines.Where(line => line.Contains("The audit log's head is", StringComparison.Ordinal))];
}
