using Microsoft.Extensions.DependencyInjection;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting.Commands;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.Commands;

/// <summary>What operators do to people, under the rules of the staff's pages. In this process: <see cref="CommandLineTests"/> starts the program itself.</summary>
public abstract class UserCommandsTests(TestApp app)
{
    private static readonly string[] Why = ["--reason", "ReportedTheft", "--case", "C-17", "--note", "a note"];

    [Fact]
    public async Task A_ban_ends_live_sessions_and_says_that_it_came_from_the_command_line()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);

        Assert.Equal(CommandLine.Done, await RunAsync("users ban", ["--email", person.Email.ToUpperInvariant(), "--until", "forever", .. Why]));

        Assert.Contains("Support ended this session", (await person.GetAsync("/account")).Text, StringComparison.Ordinal);
        var entry = Assert.Single(await app.AuditOfAsync(id), e => e.Action == AuditAction.Ban);
        Assert.Equal((null, "Command line", "ReportedTheft", "C-17", "a note", "for good"), (entry.ActorId, entry.Device, entry.Reason, entry.CaseReference, entry.Note, entry.Details));
        using var staff = await app.SignedInAsync("sam@example.com");
        var receipt = await staff.GetAsync($"/admin/receipts/{entry.Id}");
        Assert.Contains("By an operator, command line", receipt.Text, StringComparison.Ordinal);
        Assert.Contains("1 session ended.", receipt.Text, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Done, await RunAsync("users unban", ["--id", $"{id}", .. Why]));
        await person.SignInAsync(person.Email);
        var history = (await person.GetAsync("/account/activity")).Text;
        Assert.Contains("Support closed your account: reported theft: for good", history, StringComparison.Ordinal);
        Assert.DoesNotContain("Command line", history, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_factors_and_deletion_go_the_way_of_the_pages()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);
        string[] who = ["--email", person.Email];

        Assert.Equal(CommandLine.Done, await RunAsync("users roles", [.. who, "--roles", "Support", .. Why]));
        Assert.Equal(200, (await person.GetAsync("/admin/users")).Status);
        Assert.Equal(CommandLine.Done, await RunAsync("users roles", [.. who, "--roles", "none", .. Why]));
        Assert.Equal(403, (await person.GetAsync("/admin/users")).Status);
        Assert.Equal(CommandLine.Done, await RunAsync("users require-second-factor", [.. who, .. Why]));
        Assert.Equal("/account/security", (await person.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal(CommandLine.Done, await RunAsync("users require-second-factor", [.. who, "--off", .. Why]));
        Assert.Equal(CommandLine.NotDone, await RunAsync("users remove-factors", [.. who, .. Why]));
        // No link can be made: there is neither a request nor a public address. CommandLineTests has one.
        Assert.Equal(CommandLine.NotDone, await RunAsync("users require-reset", [.. who, .. Why]));
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("users delete", [.. who, "--confirm", "somebody@example.com", .. Why]));
        Assert.Equal(CommandLine.Done, await RunAsync("users delete", [.. who, "--confirm", person.Email, .. Why]));
        Assert.Null(await app.InRequestAsync<UserDirectory, Person?>(people => people.FindAsync(id)));
    }

    // It would have no reason, no case, no receipt and no mail.
    [Fact]
    public async Task Once_there_is_an_Admin_no_role_is_given_without_a_reason()
    {
        var user = await app.NewAccountAsync();

        Assert.Equal(CommandLine.NotDone, await RunAsync("users add", ["--email", user.Email!, "--role", "Admin"]));
        Assert.Equal(CommandLine.Done, await RunAsync("users add", ["--email", user.Email!]));
        Assert.Equal(CommandLine.Done, await RunAsync("users add", ["--email", "sam@example.com", "--role", "Support"]));

        Assert.Empty((await app.InRequestAsync<UserDirectory, Person?>(people => people.FindAsync(user.Id)))!.Roles);
        Assert.DoesNotContain(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.RoleGranted);
    }

    [Theory]
    [InlineData(CommandLine.NotDone, "--email", "nobody@example.com")]
    [InlineData(CommandLine.NotDone, "--id", "not an id")]
    [InlineData(CommandLine.NotUnderstood)]
    [InlineData(CommandLine.NotUnderstood, "--email", "sam@example.com", "--id", "0199a0a0-0000-7000-8000-000000000000")]
    public async Task Without_one_account_nothing_is_done(int code, params string[] who) => Assert.Equal(code, await RunAsync("users unban", [.. who, .. Why]));

    [Theory]
    [InlineData("--reason", "Maintenance", "--case", "")]
    [InlineData("--reason", "Other", "--case", "C-1")]
    public async Task Without_a_good_reason_nothing_is_done(params string[] why) =>
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("users unban", ["--email", "sam@example.com", .. why]));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2001-01-01T00:00")]
    public async Task A_ban_until_no_time_to_come_is_not_understood(string until) =>
        Assert.Equal(CommandLine.NotUnderstood, await RunAsync("users ban", ["--email", "sam@example.com", "--until", until, .. Why]));

    [Theory]
    [InlineData("\u200B")]
    [InlineData("\u202EecilA")]
    public async Task An_account_is_not_made_with_a_name_that_nobody_sees_or_that_turns(string name) => Assert.Equal(
        CommandLine.NotUnderstood, await RunAsync("users add", ["--email", "new.person@example.com", "--name", name]));

    [Fact]
    public async Task Somebody_is_found_by_an_address_in_another_notation_and_by_an_id_as_pasted()
    {
        var id = await app.UserIdAsync("sam@example.com");

        Assert.Equal(CommandLine.Done, await RunAsync("users show", ["--email", "\u202Asam＠EXAMPLE.com.\u202C"]));
        Assert.Equal(CommandLine.Done, await RunAsync("users show", ["--id", $"\uFEFF{id}\u200B"]));
    }

    [Fact]
    public async Task The_last_Admin_stays_whoever_asks()
    {
        await using var own = new TestApp();

        Assert.Equal(CommandLine.NotDone, await RunAsync("users ban", ["--email", "ada@example.com", "--until", "forever", .. Why], own));
        Assert.Equal(CommandLine.NotDone, await RunAsync("users roles", ["--email", "ada@example.com", "--roles", "none", .. Why], own));
    }

    [Fact]
    public void No_act_on_a_person_goes_without_a_reason_and_a_case()
    {
        var acts = CommandLine.All.Where(command =>
            command.NeedsStore && command.FullName.StartsWith("users ", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(acts);
        foreach (var act in acts)
        {
            var line = CommandLine.Read([.. act.FullName.Split(' '), "--email", "sam@example.com"]);
            Assert.Contains("'--reason' is required", CommandLine.FindMistake(line), StringComparison.Ordinal);
            Assert.Contains("'--case' is required", CommandLine.FindMistake(line), StringComparison.Ordinal);
        }
    }

    private async Task<int> RunAsync(string name, string[] arguments, TestApp? other = null)
    {
        var line = CommandLine.Read([.. name.Split(' '), .. arguments]);
        if (line.Errors.Count > 0)
            return CommandLine.NotUnderstood;

        await using var scope = (other ?? app).Services.CreateAsyncScope();
        // Without a request, as at the command line.
        scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Http.IHttpContextAccessor>().HttpContext = null;
        return await ((AppCommand)line.CommandResult.Command).RunAsync(new(scope.ServiceProvider, line));
    }
}

public sealed class UserCommandsOnSqlTests(SqlApp app) : UserCommandsTests(app), IClassFixture<SqlApp>;

public sealed class UserCommandsOnRedisTests(RedisApp app) : UserCommandsTests(app), IClassFixture<RedisApp>;
