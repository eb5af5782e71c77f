using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Hosting.Commands;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.Commands;

/// <summary>The built program, started as an operator starts it in production.</summary>
public sealed class CommandLineTests(CommandLineTests.WithAccount withAccount)
    : IClassFixture<CommandLineTests.WithAccount>, IDisposable
{
    private const string Email = "ops@example.com";
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_first_admin_is_made_with_a_password_from_standard_input()
    {
        Assert.Equal((0, "The database is up to date.", ""), await RunAsync(["migrate"]));

        var made = await RunAsync(["users", "add", "--email", Email, "--name", "Zoë", "--role", "Admin"], input: "pässword of an operator\n");

        Assert.Equal((0, $"{Email} has an account with the role Admin.", ""), made);
        Assert.Equal(["Admin"], Query("SELECT r.Name FROM AspNetUsers u JOIN AspNetUserRoles ur ON ur.UserId = u.Id JOIN AspNetRoles r ON r.Id = ur.RoleId"));
        Assert.Equal(["Zoë"], Query("SELECT Name FROM AspNetUsers"));
        var hash = Assert.Single(Query("SELECT PasswordHash FROM AspNetUsers"));
        Assert.Equal(PasswordVerificationResult.Success, new PasswordHasher<AppUser>().VerifyHashedPassword(new(), hash, "pässword of an operator"));
    }

    [Fact]
    public async Task While_there_is_no_Admin_an_existing_account_gets_a_role_without_being_asked_for_a_password()
    {
        withAccount.CopyTo(_folder.Path);
        var hash = Query("SELECT PasswordHash FROM AspNetUsers");

        var given = await RunAsync(["users", "add", "--role", "Support", "--email", Email.ToUpperInvariant()]);

        Assert.Equal(0, given.Code);
        Assert.Equal(["Support"], Query("SELECT r.Name FROM AspNetUserRoles ur JOIN AspNetRoles r ON r.Id = ur.RoleId"));
        Assert.Equal(hash, Query("SELECT PasswordHash FROM AspNetUsers"));
    }

    [Fact]
    public async Task Acts_on_people_answer_in_words_or_JSON_and_their_mail_goes_out_before_the_program_ends()
    {
        withAccount.CopyTo(_folder.Path);

        var (code, output, error) = await RunAsync(["users", "ban", "--email", Email, "--until", "2999-01-31T12:00", "--reason", "LeftOrganisation", "--case", "C-1", "--json"]);

        Assert.Equal((0, "", 0), (code, error, JsonDocument.Parse(output).RootElement.GetProperty("ended").GetInt32()));
        Assert.Contains("until 31 January 2999, 12:00 UTC", File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "mail"), "*.eml"))), StringComparison.Ordinal);
        var nobody = await RunAsync(["users", "show", "--email", "nobody@example.com", "--json"]);
        Assert.Equal((1, "There is no such account.", "There is no such account."), (nobody.Code, nobody.Error, JsonDocument.Parse(nobody.Output).RootElement.GetProperty("error").GetString()));
        var shown = await RunAsync(["users", "show", "--email", Email]);
        Assert.Contains("BannedUntil: 2999-01-31 12:00:00 UTC", shown.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(["users", "require-reset", "--email", Email, "--reason", "ReportedTheft", "--case", "C-2"])).Code);
        Assert.Contains(Directory.GetFiles(Path.Combine(_folder.Path, "mail"), "*.eml"), path => MailFile.Parse(Path.GetFileName(path), File.ReadAllText(path)).Text.Contains("https://accounts.example.com/account/reset-password?t=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_that_is_not_good_enough_makes_no_account()
    {
        withAccount.CopyTo(_folder.Path);

        var (code, _, error) = await RunAsync(
            ["users", "add", "--email", "another@example.com", "--role", "Admin"], input: "short\n");

        Assert.Equal(1, code);
        Assert.StartsWith("Use at least 15 characters.", error, StringComparison.Ordinal);
        Assert.Equal([Email], Query("SELECT Email FROM AspNetUsers"));
    }

    [Fact]
    public async Task Without_a_database_that_is_up_to_date_the_operator_hears_what_to_do_first()
    {
        var (code, _, error) = await RunAsync(["users", "add", "--email", Email], input: "password of an operator\n");

        Assert.Equal((1, "The database is not up to date. Run \"WebApp migrate\" first."), (code, error));
    }

    // Without any settings: the app itself would not start.
    [Fact]
    public async Task A_mistyped_command_is_refused_in_three_lines_before_any_setting_is_looked_at()
    {
        var (code, output, error) = await RunAsync(["user", "lst"], publicUrl: "");

        Assert.Equal((2, ""), (code, output));
        Assert.Equal(
            "There is no command \"user lst\".\nDid you mean: users list?\n\"WebApp help\" lists all commands.", error);
    }

    [Theory]
    [InlineData("migrat", "migrate")]
    [InlineData("mirgate", "migrate")]
    [InlineData("usr lst", "users list")]
    [InlineData("users bann --email ops@example.com", "users ban")]
    [InlineData("session end-al", "sessions end-all")]
    [InlineData("audit vrify", "audit verify")]
    [InlineData("audit verify-bundel", "audit verify-bundle")]
    [InlineData("session", "sessions list, sessions end, sessions end-all")]
    [InlineData("sessions", "sessions list, sessions end, sessions end-all")]
    [InlineData("sessions terminate", "sessions list, sessions end, sessions end-all")]
    [InlineData("dance", null)]
    [InlineData("", null)]
    public void An_unknown_command_says_what_may_have_been_meant(string typed, string? meant)
    {
        var lines = CommandLine.FindMistake(CommandLine.Read(typed.Split(' ')))!.Split('\n');

        Assert.Equal(meant is null ? [] : [$"Did you mean: {meant}?"], lines[1..^1]);
        Assert.Equal("\"WebApp help\" lists all commands.", lines[^1]);
    }

    [Theory]
    [InlineData("users list --jsn", "\"users list\" has no option --jsn.", "--json")]
    [InlineData("users add --email a@b.c --rol Admin", "\"users add\" has no option --rol.", "--role")]
    [InlineData("users add --emial=ops@example.com", "\"users add\" has no option --emial=....", "--email")]
    [InlineData("users add --password=secret", "\"users add\" has no option --password=....", null)]
    [InlineData("migrate now", "\"migrate\" has no option now.", null)]
    public void An_unknown_option_says_what_may_have_been_meant_and_repeats_no_value(
        string typed, string refusal, string? meant)
    {
        var lines = CommandLine.FindMistake(CommandLine.Read(typed.Split(' ')))!.Split('\n');

        Assert.Equal(refusal, lines[0]);
        Assert.Equal(meant is null ? [] : [$"Did you mean: {meant}?"], lines[1..^1]);
        Assert.EndsWith("--help\" lists its options.", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_needs_no_settings()
    {
        var (code, output, error) = await RunAsync(["help"], publicUrl: "");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("accounts: add, list, show, ban,", output, StringComparison.Ordinal);
    }

    // As shells ask: the word that is typed, and where the cursor is.
    [Fact]
    public async Task A_shell_hears_what_can_come_next()
    {
        var ban = await RunAsync(["[suggest:26]", "users ban --email a --reaso"], publicUrl: "");
        var role = await RunAsync(["[suggest:17]", "users add --role "], publicUrl: "");

        Assert.Equal((0, "--reason", ""), ban);
        Assert.Equal((0, "Admin\nSupport", ""), role);
    }

    [Fact]
    public void What_begins_with_an_at_sign_is_a_value_and_no_file_of_arguments() =>
        Assert.Null(CommandLine.FindMistake(CommandLine.Read("users", "add", "--email", Email, "--name", "@Zoë")));

    [Theory]
    [InlineData("users add --email a@b.c --role Root", "'Root' not recognized")]
    [InlineData("users add", "'--email' is required")]
    [InlineData("sessions end --email a@b.c --session 1 --reason Other --case C-1", "--session takes the id")]
    public void A_command_that_lacks_something_says_what(string typed, string why)
    {
        var words = typed.Split(' ');

        var mistake = CommandLine.FindMistake(CommandLine.Read(words))!;

        Assert.Contains(why, mistake, StringComparison.Ordinal);
        Assert.EndsWith(
            $"\"WebApp {words[0]} {words[1]} --help\" lists its options.", mistake, StringComparison.Ordinal);
    }

    // In this process: none of these needs the app.
    [Theory]
    [InlineData("dance")]
    [InlineData("migrate", "now")]
    [InlineData("users")]
    [InlineData("users", "add")]
    [InlineData("users", "add", "--role", "Admin")]
    [InlineData("users", "add", "--email", Email, "--role", "admin")]
    [InlineData("users", "add", "--email", Email, "--role", "Root")]
    [InlineData("users", "add", "--email", Email, "--role")]
    [InlineData("users", "add", "--email", Email, "--rol", "Admin")]
    [InlineData("users", "add", "--email", Email, "--email", Email)]
    [InlineData("audit", "restart", "--key-is-lost", "false")]
    [InlineData("audit", "restart", "--key-is-lost=false")]
    [InlineData("users", "add", "--email", Email, "--password", "for all to see")]
    public async Task What_is_not_understood_changes_nothing(params string[] arguments) =>
        Assert.Equal(2, await CommandLine.AnswerAsync(arguments));

    [Theory]
    [InlineData("help")]
    [InlineData("help", "users", "ban")]
    [InlineData("help", "--json")]
    [InlineData("-h")]
    [InlineData("users", "--help")]
    [InlineData("users", "ban", "-h")]
    [InlineData("--version")]
    public async Task Help_is_given_at_every_place(params string[] arguments) =>
        Assert.Equal(0, await CommandLine.AnswerAsync(arguments));

    [Theory]
    [InlineData]
    [InlineData("--version", "2")]
    [InlineData("--urls", "http://localhost:5080")]
    [InlineData("App:PublicUrl=https://accounts.example.com")]
    public async Task Settings_are_no_command(params string[] arguments)
    {
        Assert.False(CommandLine.IsCommand(arguments));
        Assert.Null(await CommandLine.AnswerAsync(arguments));
    }

    private Task<(int Code, string Output, string Error)> RunAsync(
        string[] arguments, string input = "", string publicUrl = "https://accounts.example.com") =>
        _folder.RunAsync(arguments, input, publicUrl);

    private List<string> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Database}");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        List<string> values = [];
        while (reader.Read())
            values.Add(reader.GetString(0));
        return values;
    }

    /// <summary>Where the program runs, with its database.</summary>
    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("webapp-cli-").FullName;

        public string Database => System.IO.Path.Combine(Path, "webapp.db");

        public async Task<(int Code, string Output, string Error)> RunAsync(
            string[] arguments, string input, string publicUrl = "https://accounts.example.com")
        {
            await using var program = ProgramProcess.Start(Path, new Dictionary<string, string?>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ConnectionStrings:Database"] = $"Data Source={Database}",
                ["Sessions:Store"] = "Sql",
                ["App:PublicUrl"] = publicUrl,
                ["Logging:LogLevel:Default"] = "None",
            }, arguments, input);
            return (await program.EndAsync(), program.Output.Trim(), program.Error.Trim());
        }

        public void Dispose()
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(Path, recursive: true);
        }
    }

    /// <summary>A folder in which the operator has an account, to be copied: each command is a process.</summary>
    public sealed class WithAccount : IAsyncLifetime
    {
        private readonly Folder _folder = new();

        public async Task InitializeAsync()
        {
            Assert.Equal(0, (await _folder.RunAsync(["migrate"], "")).Code);
            string[] add = ["users", "add", "--email", Email, "--name", "Zoë"];
            Assert.Equal(0, (await _folder.RunAsync(add, "password of an operator\n")).Code);
        }

        public Task DisposeAsync()
        {
            _folder.Dispose();
            return Task.CompletedTask;
        }

        public void CopyTo(string folder)
        {
            foreach (var file in Directory.GetFiles(_folder.Path))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }
}
