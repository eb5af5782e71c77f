using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Hosting.Commands;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.Commands;

/// <summary>What operators do to sessions. In this process: <see cref="CommandLineTests"/> starts the program itself.</summary>
public abstract class SessionCommandsTests(TestApp app)
{
    private static readonly string[] Why = ["--reason", "ReportedTheft", "--case", "C-18"];

    [Fact]
    public async Task One_session_of_a_person_ends_and_the_other_stays()
    {
        using var laptop = await app.NewUserAsync();
        using var phone = app.NewBrowser();
        await phone.SignInAsync(laptop.Email);
        string[] who = ["--email", laptop.Email];

        Assert.Equal(CommandLine.Done, await RunAsync("sessions list", who));
        Assert.Equal(CommandLine.Done, await RunAsync("sessions end", [.. who, "--session", $"{app.KeyOf(laptop).SessionId}", .. Why]));

        Assert.Contains("Support ended this session", (await laptop.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await phone.PeekAsync("/account")).Status);
        Assert.Equal(CommandLine.Done, await RunAsync("sessions end-all", [.. who, .. Why]));
        Assert.Equal(302, (await phone.PeekAsync("/account")).Status);
    }

    // In an app of its own: it is everyone who is signed out.
    [Fact]
    public async Task Everyones_sessions_end_only_when_it_is_meant_and_stand_in_the_log()
    {
        await using var own = new TestApp();
        using var one = await own.NewUserAsync();
        using var other = await own.NewUserAsync();

        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("sessions end-all", ["--everyone", .. Why], own));
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("sessions end-all", ["--everyone", "--confirm", "everyone", "--email", one.Email, .. Why], own));
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("sessions end-all", ["--confirm", "everyone", .. Why], own));
        Assert.Equal(200, (await one.PeekAsync("/account")).Status);

        Assert.Equal(CommandLine.Done, await RunAsync("sessions end-all", ["--everyone", "--confirm", "everyone", .. Why], own));

        Assert.Contains("Support ended this session", (await one.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Contains("Support ended this session", (await other.GetAsync("/account")).Text, StringComparison.Ordinal);
        await one.SignInAsync(one.Email);
        Assert.Equal(200, (await one.PeekAsync("/account")).Status);
        var log = await own.InRequestAsync<AuditLog, IReadOnlyList<AuditEntry>>(audit => audit.ListAsync(before: null, count: 10));
        Assert.Contains(log, e => e is { Action: AuditAction.ForceSignOutEveryone, ActorId: null, Device: "Command line", CaseReference: "C-18", Details: "everyone's sessions" });
        Assert.Contains(log, e => e is { Action: AuditAction.BulkFinished, Details: "everyone's sessions ended" });
    }

    [Theory]
    [InlineData("no id")]
    [InlineData("0123456789abcdef")]
    public async Task What_is_no_session_id_is_not_understood(string session) =>
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("sessions end", ["--email", "sam@example.com", "--session", session, .. Why]));

    private async Task<int> RunAsync(string name, string[] arguments, TestApp? other = null)
    {
        var line = CommandLine.Read([.. name.Split(' '), .. arguments]);
        if (line.Errors.Count > 0)
            return CommandLine.NotUnderstood;

        await using var scope = (other ?? app).Services.CreateAsyncScope();
        // Without a request, as at the command line.
        scope.ServiceProvider.GetRequiredService<IHttpContextAccessor>().HttpContext = null;
        return await ((AppCommand)line.CommandResult.Command).RunAsync(new(scope.ServiceProvider, line));
    }
}

public sealed class SessionCommandsOnSqlTests(SqlApp app) : SessionCommandsTests(app), IClassFixture<SqlApp>;

public sealed class SessionCommandsOnRedisTests(RedisApp app) : SessionCommandsTests(app), IClassFixture<RedisApp>;
