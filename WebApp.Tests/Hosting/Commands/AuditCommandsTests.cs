using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Hosting.Commands;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.Commands;

/// <summary>What an operator does with the audit log, in this process; their words go to the console.</summary>
public sealed class AuditCommandsTests(TestApp app) : IClassFixture<TestApp>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("webapp-audit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_export_is_a_new_file_for_this_user_only_and_is_written_down()
    {
        var person = Guid.NewGuid();
        await app.FillAuditLogAsync(person, 3);
        await app.FillAuditLogAsync(Guid.NewGuid(), 2);
        var file = Path.Combine(_folder, "export.csv");

        Assert.Equal(0, await RunAsync("audit export", "--format", "csv", "--subject", $"{person}", "--action", "SignedIn", "--from", "2000-01-01", "--to", "2999-01-01T12:00", "--output", file));

        Assert.Equal(4, (await File.ReadAllLinesAsync(file)).Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var entry = (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 1))[0];
        Assert.Equal(AuditAction.AuditExported, entry.Action);
        Assert.StartsWith($"command line, csv, about {person}, SignedIn, from 2000-01-01", entry.Details, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync("audit export", "--format", "jsonl", "--output", file));
    }

    [Theory]
    [InlineData("--action", "Dance")]
    [InlineData("--subject", "nobody@example.com")]
    [InlineData("--actor", "nobody")]
    [InlineData("--from", "yesterday")]
    [InlineData("--to", "2026-02-31")]
    [InlineData("--case", "01234567890123456789012345678901234567890123456789012345678901234")]
    public async Task A_filter_that_makes_no_sense_is_not_understood_and_makes_no_file(string option, string value)
    {
        var file = Path.Combine(_folder, "export.csv");

        Assert.Equal(2, await RunAsync("audit export", "--format", "csv", option, value, "--output", file));

        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("audit", "export")]
    [InlineData("audit", "export", "--format", "xml")]
    [InlineData("audit", "verify", "--expect")]
    [InlineData("audit", "restart")]
    [InlineData("audit", "verify-bundle")]
    public async Task What_is_not_understood_changes_nothing(params string[] arguments) =>
        Assert.Equal(2, await CommandLine.AnswerAsync(arguments));

    [Fact]
    public async Task A_log_that_was_changed_is_told_by_the_exit_code()
    {
        await using var own = new TestApp();
        _ = own.Address;
        await own.FillAuditLogAsync(Guid.NewGuid(), 3);
        var head = $"{await own.Services.GetRequiredService<AuditLog>().HeadAsync()}";

        Assert.Equal(0, await RunAsync(own, "audit verify"));
        Assert.Equal(0, await RunAsync(own, "audit verify", "--expect", head, "--json"));
        Assert.Equal(2, await RunAsync(own, "audit verify", "--expect", "nonsense"));
        Assert.Equal(1, await RunAsync(own, "audit verify", "--expect", "2-" + new string('0', 64)));
        Assert.Equal(0, await RunAsync(own, "audit head"));
        Assert.Equal(0, await RunAsync(own, "audit key"));
        Assert.Equal(1, await RunAsync(own, "audit restart", "--key-is-lost"));
        await using (var connection = new SqliteConnection($"Data Source={own.Database}"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "DROP TRIGGER AuditLogDelete; DELETE FROM AuditLog WHERE Id = 2";
            await command.ExecuteNonQueryAsync();
            Assert.Equal(1, await RunAsync(own, "audit verify"));
            Assert.Equal(1, await RunAsync(own, "audit verify", "--json"));

            // What the app can't go on from, and what the database can't answer, is no fault of the program's.
            command.CommandText = "DROP TRIGGER AuditHeadUpdate; UPDATE AuditHead SET Mac = zeroblob(32)";
            await command.ExecuteNonQueryAsync();
            Assert.Equal(1, await RunAsync(own, "audit export", "--format", "csv"));
            command.CommandText = "DROP TABLE AuditHead";
            await command.ExecuteNonQueryAsync();
            Assert.Equal(1, await RunAsync(own, "audit export", "--format", "csv"));
        }
    }

    [Fact]
    public async Task A_bundle_is_checked_with_the_logs_own_key_or_one_from_a_file()
    {
        var (bundle, key) = (Path.Combine(_folder, "bundle.zip"), Path.Combine(_folder, "key.pem"));
        var facts = new AuditBundleFacts("case C-1", "a claim", "whole", 1, app.Clock.GetUtcNow(), Guid.NewGuid(), await app.Services.GetRequiredService<AuditVerifier>().VerifyAsync());
        await File.WriteAllBytesAsync(bundle, app.Services.GetRequiredService<AuditBundle>().Make(facts, "{}\n"u8));
        await File.WriteAllTextAsync(key, app.Services.GetRequiredService<AuditKey>().PublicKey());

        Assert.Equal(0, await RunAsync("audit verify-bundle", "--file", bundle));
        Assert.Equal(0, await RunAsync("audit verify-bundle", "--file", bundle, "--key", key));
        await File.WriteAllTextAsync(key, new AuditKey(Convert.ToBase64String(new byte[32]), "").PublicKey());
        Assert.Equal(1, await RunAsync("audit verify-bundle", "--file", bundle, "--key", key));
        Assert.Equal(1, await RunAsync("audit verify-bundle", "--file", bundle, "--key", bundle));
        Assert.Equal(1, await RunAsync("audit verify-bundle", "--file", Path.Combine(_folder, "none.zip")));
        Assert.Equal(1, await RunAsync("audit verify-bundle", "--file", key));
    }

    private Task<int> RunAsync(string name, params string[] options) => RunAsync(app, name, options);

    private static async Task<int> RunAsync(TestApp app, string name, params string[] options)
    {
        var line = CommandLine.Read([.. name.Split(' '), .. options]);
        await using var scope = app.Services.CreateAsyncScope();
        return line.Errors.Count == 0
            ? await CommandLine.RunAsync(new(scope.ServiceProvider, line))
            : CommandLine.NotUnderstood;
    }
}
