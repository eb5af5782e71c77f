using System.Text.RegularExpressions;
using WebApp.Tests.Testing;

namespace WebApp.Tests;

/// <summary>
/// Which folder may know which. Read from the sources: constants and names leave no trace in compiled code. Whatever is used without being named
/// comes from a type that was named, so the folder that names it is the one found out.
/// </summary>
[Trait("Lane", "Fast")]
public sealed partial class ArchitectureTests
{
    private static readonly string Root = Path.Combine(Repository.Root, "WebApp");

    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Texts"] = [],
        ["Sessions"] = [],
        ["Audit"] = ["Texts"],
        ["Accounts"] = ["Sessions", "Audit", "Texts"],
        ["Admin"] = ["Accounts", "Sessions", "Audit", "Texts"],
        ["Pages"] = ["Admin", "Accounts", "Sessions", "Audit", "Texts"],
        // Wires everything; Program.cs alone uses it.
        ["Hosting"] = ["Pages", "Admin", "Accounts", "Sessions", "Audit", "Texts"],
        [""] = ["Hosting", "Admin", "Accounts", "Sessions", "Audit"],
    };

    [Fact]
    public void Each_folder_uses_only_those_it_may()
    {
        var arrows = Sources("").SelectMany(source => FolderName().Matches(source.Text).Select(m => m.Groups["folder"].Value).Distinct(StringComparer.Ordinal)
            .Where(used => used != source.Folder && !MayUse[source.Folder].Contains(used))
            .Select(used => $"{source.Path} uses {used}"));

        Assert.Empty(arrows);
    }

    [Fact]
    public void Every_folder_with_code_has_its_rule() =>
        Assert.Equal(MayUse.Keys.Order(StringComparer.Ordinal), Sources("").Select(s => s.Folder).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Code_lies_in_the_folder_that_its_namespace_names()
    {
        // Pages/Shared is where Razor looks; C# that all pages share belongs to the pages.
        var strays = Sources(".cs").Where(s => s.Folder != "" && NamespaceName().Match(s.Text).Groups["name"].Value.Replace('.', '/') is var name
            && name != $"WebApp/{Path.GetDirectoryName(s.Path)}".Replace("Pages/Shared", "Pages", StringComparison.Ordinal));

        Assert.Empty(strays.Select(s => s.Path));
    }

    [Fact]
    public void Only_the_session_store_and_hosting_speak_to_Redis()
    {
        string[] speakers = ["Sessions/Redis/", "Hosting/"];

        var others = Sources("").Where(s => s.Text.Contains("StackExchange.Redis", StringComparison.Ordinal) && !speakers.Any(f => s.Path.StartsWith(f, StringComparison.Ordinal)));

        Assert.Empty(others.Select(s => s.Path));
    }

    [Fact]
    public void Time_comes_from_the_clock_that_is_handed_in() =>
        Assert.Empty(Sources("").Where(s => ClockOfTheMachine().IsMatch(s.Text)).Select(s => s.Path));

    /// <summary>Sources without comments, with the folder they belong to; that of Program.cs is empty.</summary>
    private static IEnumerable<(string Path, string Folder, string Text)> Sources(string extension) =>
        from file in Directory.EnumerateFiles(Root, "*.cs*", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where Path.GetExtension(path) is ".cs" or ".cshtml" && path.EndsWith(extension, StringComparison.Ordinal) && !BuildOutput().IsMatch(path)
        select (path, path.Contains('/', StringComparison.Ordinal) ? path.Split('/')[0] : "", Comment().Replace(File.ReadAllText(file), ""));

    // "using WebApp.Sessions;", or within our namespaces just "Sessions.UserSession"; not "db.Sessions.Where".
    [GeneratedRegex(@"(WebApp\.|(?<![.\w/""]))(?<folder>Texts|Sessions|Audit|Accounts|Admin|Pages|Hosting)(\.[A-Z]|;)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex FolderName();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?(Now|Today)\b|\bnew Timer\(", RegexOptions.ExplicitCapture)]
    private static partial Regex ClockOfTheMachine();

    [GeneratedRegex(@"^\s*//.*$| // .*$|@\*.*?\*@", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("^(bin|obj)/")]
    private static partial Regex BuildOutput();
}
