using System.Text.RegularExpressions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// Another site includes a script of ours to read what is its visitor's, or a page's own elements or messages of other
/// windows steer one (ASVS 5.0, 3.2.3 and 3.5.5 to 3.6.1).
/// </summary>
[Trait("Lane", "Fast")]
public sealed partial class ScriptTests(SqlApp app) : IClassFixture<SqlApp>
{
    private static readonly string Source = Path.Combine(Repository.Root, "WebApp");
    private static readonly string[] Scripts = Directory.GetFiles(Path.Combine(Source, "wwwroot"), "*.js");

    [Fact]
    public void Every_script_is_a_module_of_this_site_without_globals()
    {
        var elements = Directory.GetFiles(Source, "*.cshtml", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.Combine(Source, "wwwroot"), "*.html"))
            .SelectMany(page => Element().Matches(File.ReadAllText(page)).Select(element => element.Value)).ToList();

        Assert.NotEmpty(elements);
        Assert.All(elements, element => Assert.Matches(OwnModule(), element));
        Assert.NotEmpty(Scripts);
        Assert.All(Scripts, script => Assert.DoesNotMatch(GlobalOrMessage(), File.ReadAllText(script)));
    }

    [Fact]
    public async Task Scripts_are_the_same_for_whoever_asks()
    {
        using var visitor = app.NewBrowser();
        using var person = await app.NewUserAsync();

        foreach (var script in Scripts)
        {
            var path = "/" + Path.GetFileName(script);

            Assert.Equal(File.ReadAllText(script), (await visitor.GetAsync(path)).Body);
            Assert.Equal(File.ReadAllText(script), (await person.GetAsync(path)).Body);
        }
    }

    [Theory]
    [InlineData("callback")]
    [InlineData("jsonp")]
    public async Task No_answer_is_a_script_that_another_site_could_run(string parameter)
    {
        using var person = await app.NewUserAsync();

        foreach (var path in new[] { "/account/sessions", "/account/remaining", "/account/security", "/health/ready", "/" })
        {
            var answer = await person.GetAsync($"{path}?{parameter}=steal");

            Assert.DoesNotContain("javascript", answer.Headers["Content-Type"].Single(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("steal(", answer.Text, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Element();

    [GeneratedRegex("""^<script type="module" src="~?/[a-z-]+\.js"[^>]*>$""")]
    private static partial Regex OwnModule();

    /// <summary>A property set on a global object, and a listener to the messages of other windows.</summary>
    [GeneratedRegex(
        @"\b(window|globalThis|self|document)\.\w+\s*=[^=]|\bonmessage\b|(\bwindow\.|(?<![.\w]))addEventListener\(""message""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex GlobalOrMessage();
}
