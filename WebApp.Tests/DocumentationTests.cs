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

    /// <summary>How many requirements OWASP ASVS 5.0.0 has in each section of the chapters that sessions are about.</summary>
    private static readonly (string Section, int Count)[] Sections =
    [
        ("7.1", 3), ("7.2", 4), ("7.3", 2), ("7.4", 5), ("7.5", 3), ("7.6", 2),
        ("3.1", 1), ("3.2", 3), ("3.3", 5), ("3.4", 8), ("3.5", 8), ("3.6", 1), ("3.7", 5),
        ("6.1", 3), ("6.2", 12), ("6.3", 8), ("6.4", 6), ("6.5", 8), ("6.6", 4), ("6.7", 2), ("6.8", 4),
        ("8.1", 4), ("8.2", 4), ("8.3", 3), ("8.4", 2),
        ("16.1", 1), ("16.2", 5), ("16.3", 4), ("16.4", 3), ("16.5", 4),
    ];

    /// <summary>All of those, and the tests of sessions in OWASP's guide to testing.</summary>
    private static IEnumerable<string> Requirements =>
    [
        .. Sections.SelectMany(section => Enumerable.Range(1, section.Count).Select(number => $"{section.Section}.{number}")),
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
    public void The_signals_are_those_of_the_code()
    {
        var rows = Lines.Select(line => SignalRow().Match(line)).Where(row => row.Success)
            .Select(row => (row.Groups["rule"].Value, row.Groups["action"].Value));

        Assert.Equal(new SignalPolicy().Rules.Select(rule => ($"{rule.Signal}", $"{rule.Rule.Action}")), rows);
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

    [GeneratedRegex(@"^\| `(?<rule>\w+)` \| .* \| `(?<action>\w+)` \|$", RegexOptions.ExplicitCapture)]
    private static partial Regex SignalRow();

    [GeneratedRegex(@"^\| `RateLimits:(?<act>\w+):Permits`, `:Window` \| `(?<permits>\d+)`, `(?<window>[^`]+)` \|", RegexOptions.ExplicitCapture)]
    private static partial Regex LimitRow();

    [GeneratedRegex(@"^\| `(?<section>Sessions|Passwords|Mail|Accounts|Audit|Admin|Privacy):(?<name>\w+)` \| `(?<default>[^`]+)` \|", RegexOptions.ExplicitCapture)]
    private static partial Regex SettingRow();
}
