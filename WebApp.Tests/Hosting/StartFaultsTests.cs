using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using WebApp.Hosting;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>The built program, as its operator sees it when it can't start.</summary>
public sealed class StartFaultsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("start-faults-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("App:PublicUrl", "", "App:PublicUrl is not set. Set it to the address")]
    [InlineData("Sessions:Store", "7", "Sessions:Store is 7. It can be Redis or Sql.")]
    [InlineData("Mail:Port", "x", "Mail:Port is \"x\". It must be a whole number.")]
    [InlineData("DataProtection:Certifcate", "/etc/webapp/keys.pfx", "DataProtection:Certifcate is not a setting. DataProtection has Certificate, ")]
    [InlineData("App:PublicUrl", "https://example.com/accounts", "App:PublicUrl must be a host, and perhaps a port, with nothing behind it")]
    [InlineData("ForwardedHeaders:KnownProxies:0", "the proxy", "ForwardedHeaders:KnownProxies has \"the proxy\"")]
    public async Task A_wrong_setting_ends_the_start_with_a_line_and_exit_code_1(
        string setting, string value, string line)
    {
        await using var program = Start([], (setting, value));

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith(line, program.Error, StringComparison.Ordinal);
        Assert.Single(program.Error.Split('\n'));
        Assert.DoesNotContain("Hosting failed to start", program.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Redis", "redis:6379,password=correct,horse=battery")]
    [InlineData("Redis", "redis:6379,password=correct,horse")]
    [InlineData("Redis", "redis://:horse@redis:6379")]
    [InlineData("Database", "Data Source=webapp.db;Password=correct;horse=battery")]
    public async Task A_connection_string_that_can_not_be_read_is_named_and_not_quoted(string name, string value)
    {
        await using var program = Start([], ("Sessions:Store", null), ($"ConnectionStrings:{name}", value));

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith($"ConnectionStrings:{name} ", program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("horse", string.Join('\n', program.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_said_in_words()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await using var program = Start(["--urls", $"http://{taken.LocalEndpoint}"]);

        Assert.Equal(1, await program.EndAsync());
        Assert.Equal($"Failed to bind to address http://{taken.LocalEndpoint}: address already in use.", program.Error);
        Assert.DoesNotContain("Hosting failed to start", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_the_server_can_not_read_is_said_in_words()
    {
        var certificate = Path.Combine(_folder, "https.pfx");
        await File.WriteAllTextAsync(certificate, "no certificate");

        await using var program =
            Start(["--urls", "https://127.0.0.1:0"], ("Kestrel:Certificates:Default:Path", certificate));

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith("The certificate that Kestrel:Certificates", program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_says_it_in_JSON_too()
    {
        await using var program = Start(["users", "list", "--json"], ("Sessions:Store", null));

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith("No session store is configured.", program.Error, StringComparison.Ordinal);
        Assert.Contains("\"error\": \"No session store is configured.", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_of_ours_is_not_put_into_words()
    {
        var settings = new OptionsValidationException("App", typeof(object), ["App:PublicUrl is not set."]);

        Assert.Null(Faults.InWords(new InvalidOperationException("Sequence contains no elements")));
        Assert.Null(Faults.InWords(new CryptographicException("The payload was invalid.")));
        Assert.Null(Faults.InWords(new AggregateException(settings, new FormatException())));
        Assert.Equal("App:PublicUrl is not set.", Faults.InWords(new AggregateException(settings, settings)));
    }

    private ProgramProcess Start(string[] arguments, params (string Name, string? Value)[] settings)
    {
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings:Database"] = $"Data Source={Path.Combine(_folder, "webapp.db")}",
            ["Sessions:Store"] = "Sql",
            ["App:PublicUrl"] = "https://accounts.example.com",
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        return ProgramProcess.Start(_folder, environment, arguments);
    }
}
