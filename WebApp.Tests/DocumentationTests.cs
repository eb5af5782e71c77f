using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Passwords;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting;
using WebApp.Hosting.RateLimits;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests;

/// <summary>What the documents promise: the tests that they name exist, no requirement is left out, and the defaults are those of the code.</summary>
[Trait("Lane", "Fast")]
public sealed partial class DocumentationTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "security.md"));

    /// <summary>Of OWASP ASVS 5.0: all of V6 and V7, and what applies of the others; then the ids of OWASP's guide to testing.</summary>
    private static readonly string[] Requirements =
    [
        "7.1.1", "7.1.2", "7.1.3", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.3.1", "7.3.2", "7.4.1", "7.4.2", "7.4.3", "7.4.4", "7.4.5", "7.5.1", "7.5.2", "7.5.3",
        "7.6.1", "7.6.2",
        "3.2.1", "3.2.2", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.3.5", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.7", "3.4.8", "3.5.1", "3.5.2",
        "3.5.3", "3.5.8", "3.7.2",
        "6.1.1", "6.1.2", "6.1.3", .. Enumerable.Range(1, 12).Select(number => $"6.2.{number}"), .. Enumerable.Range(1, 8).Select(number => $"6.3.{number}"),
        .. Enumerable.Range(1, 6).Select(number => $"6.4.{number}"), .. Enumerable.Range(1, 8).Select(number => $"6.5.{number}"),
        .. Enumerable.Range(1, 4).Select(number => $"6.6.{number}"), "6.7.1", "6.7.2", .. Enumerable.Range(1, 4).Select(number => $"6.8.{number}"),
        "8.1.1", "8.2.1", "8.2.2", "8.2.3", "8.3.1", "8.3.2", "8.4.2",
        "16.1.1", "16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.3.4", "16.4.1", "16.4.2", "16.4.3",
        "16.5.1", "16.5.2", "16.5.3", "16.5.4",
        .. Enumerable.Range(1, 11).Select(number => $"WSTG-SESS-{number:00}"),
    ];

    [Fact]
    public void Every_test_that_a_table_names_exists()
    {
        var named = Lines.Where(line => line.StartsWith('|')).SelectMany(line => TestName().Matches(line)).ToList();

        Assert.True(named.Count > 100, $"Only {named.Count} tests were found in the tables");
        Assert.Empty(named.Where(name => !Exists(name.Groups["folder"].Value, name.Groups["class"].Value, name.Groups["method"].Value)).Select(name => name.Value));
    }

    [Fact]
    public void Every_requirement_has_its_row_and_says_how_it_is_met()
    {
        var rows = Lines.Select(line => RequirementRow().Match(line)).Where(row => row.Success).ToList();

        Assert.Equal(Requirements, rows.Select(row => row.Groups["id"].Value));
        Assert.Empty(rows.Where(row => !TestName().Matches(row.Value).Any(name => name.Groups["method"].Success)
            && !row.Value.Contains("not applicable: ", StringComparison.Ordinal) && !row.Value.Contains("not yet", StringComparison.Ordinal)).Select(row => row.Value));
    }

    [Fact]
    public void The_READMEs_defaults_are_those_of_the_code()
    {
        var settings = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["Sessions"] = new SessionPolicy(),
            ["Passwords"] = new PasswordSettings(),
            ["Mail"] = new MailOptions(),
            ["Accounts"] = new AccountOptions(),
            ["Audit"] = new AuditOptions(),
            ["Admin"] = new AdminOptions(),
            ["Privacy"] = new PrivacyOptions(),
        };
        var rows = File.ReadLines(Path.Combine(Repository.Root, "README.md")).Select(line => SettingRow().Match(line)).Where(row => row.Success).ToList();

        Assert.True(rows.Count >= 11, $"Only {rows.Count} settings were found in the README");
        Assert.All(rows, row => Assert.Equal(
            row.Groups["default"].Value,
            Convert.ToString(ValueOf(settings[row.Groups["section"].Value], row.Groups["name"].Value), CultureInfo.InvariantCulture)));

        static object? ValueOf(object options, string name) => options.GetType().GetProperty(name)!.GetValue(options);
    }

    [Fact]
    public void The_READMEs_limits_are_those_of_the_code()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "README.md")).Select(line => LimitRow().Match(line)).Where(row => row.Success).ToDictionary(
            row => Enum.Parse<LimitedAct>(row.Groups["act"].Value), row => (row.Groups["permits"].Value, row.Groups["window"].Value));

        Assert.Equal(Enum.GetValues<LimitedAct>(), rows.Keys.Order());
        Assert.All(rows, row => Assert.Equal(($"{new RateLimitSettings().Of(row.Key).Permits}", $"{new RateLimitSettings().Of(row.Key).Window}"), row.Value));
    }

    /// <summary>The abstract class counts, for its tests run on each store. Without a folder it is one of the threats, or of this one.</summary>
    private static bool Exists(string folder, string @class, string method)
    {
        string[] namespaces = folder.Length > 0 ? [$"WebApp.Tests.{folder.TrimEnd('/').Replace('/', '.')}"] : ["WebApp.Tests.Threats", "WebApp.Tests"];
        var type = namespaces.Select(name => typeof(DocumentationTests).Assembly.GetType($"{name}.{@class}")).FirstOrDefault(type => type is not null);
        return type is not null && (method.Length == 0 || type.GetMethod(method)?.GetCustomAttribute<FactAttribute>() is { Skip: null });
    }

    [GeneratedRegex(@"`(?<folder>([A-Z]\w+/)*)(?<class>[A-Z]\w*(Tests|Races))(\.(?<method>\w+))?`", RegexOptions.ExplicitCapture)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| (?<id>\d+\.\d+\.\d+|WSTG-SESS-\d\d) \|.*$", RegexOptions.ExplicitCapture)]
    private static partial Regex RequirementRow();

    [GeneratedRegex(@"^\| `RateLimits:(?<act>\w+):Permits`, `:Window` \| `(?<permits>\d+)`, `(?<window>[^`]+)` \|", RegexOptions.ExplicitCapture)]
    private static partial Regex LimitRow();

    [GeneratedRegex(@"^\| `(?<section>Sessions|Passwords|Mail|Accounts|Audit|Admin|Privacy):(?<name>\w+)` \| `(?<default>[^`]+)` \|", RegexOptions.ExplicitCapture)]
    private static partial Regex SettingRow();
}
