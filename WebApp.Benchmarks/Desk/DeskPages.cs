using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Desk;

/// <param name="Name">In the report.</param>
/// <param name="Path">What is asked for.</param>
/// <param name="Finds">Whether it must list something; null: either will do.</param>
internal sealed record DeskPage(string Name, string Path, bool? Finds);

/// <summary>The pages of the support desk that are measured.</summary>
internal static partial class DeskPages
{
    private const int DeepPage = 10;

    public static async Task<IReadOnlyList<DeskPage>> AllAsync(DeskApp app, DeskData data, int sessions)
    {
        var some = data.Session(sessions / 2);
        var person = BenchmarkUser.Number(4711);
        return
        [
            new("overview", "/admin", null),
            new("sessions, first page", "/admin/sessions", true),
            new($"sessions, page {DeepPage}", await DeepAsync(app, "/admin/sessions"), true),
            new("a common country (40 %)", $"/admin/sessions?country={DeskData.CommonCountry}", true),
            new($"a common country, page {DeepPage}", await DeepAsync(app, $"/admin/sessions?country={DeskData.CommonCountry}"), true),
            new("a rare country (1 in 10,000)", $"/admin/sessions?country={DeskData.RareCountry}", true),
            new("a country that nobody is in", "/admin/sessions?country=ZZ", false),
            new("a common browser (60 %)", "/admin/sessions?browser=7", true),
            new("a rare system (1 %)", "/admin/sessions?system=4", true),
            new("browser and system", "/admin/sessions?browser=5&system=1", true),
            new("a common method (70 %)", "/admin/sessions?method=pwd", true),
            new("a rare method (1 in 1,000)", $"/admin/sessions?method={Uri.EscapeDataString(DeskData.RareMethod)}", true),
            new("country, browser and method", $"/admin/sessions?country={DeskData.CommonCountry}&browser=5&method=hwk", true),
            new("the same, rare together (1 in 2,000)", "/admin/sessions?country=IT&browser=5&method=hwk", true),
            new("country and system (1 in 1,000)", "/admin/sessions?country=AT&system=4", true),
            new("one address", $"/admin/sessions?address={DeskData.SomeAddress}", true),
            new("a network /24 (1 in 1,000)", $"/admin/sessions?address={DeskData.CommonNetwork}", true),
            new("a network /16", "/admin/sessions?address=20.3.0.0/16", true),
            new("an IPv6 network /48", $"/admin/sessions?address={Uri.EscapeDataString("2001:db8::/48")}", false),
            new("IPv6, all of it", $"/admin/sessions?address={Uri.EscapeDataString("2000::/3")}", true),
            new("locked (1 in 2,000)", "/admin/sessions?state=Locked", true),
            new("taken for theft (1 in 4,000)", "/admin/sessions?state=Flagged", true),
            new("garbage", "/admin/sessions?address=%27;--&country=%00&state=x", false),
            new("people", "/admin/users", null),
            new("people by the beginning of an address", "/admin/users?q=user0004", null),
            new("people by the beginning of a name", "/admin/users?q=Person%200471", null),
            new("people by session id", string.Create(CultureInfo.InvariantCulture, $"/admin/users?q={some.Id.ToString()[..12]}"), null),
            new("people by user id", $"/admin/users?q={person.Id}", null),
            new("one person", $"/admin/users/{some.UserId}", null),
            new("audit log", "/admin/audit", null),
        ];
    }

    /// <summary>What is wrong with an answer; null when nothing is.</summary>
    public static string? Complaint(DeskPage page, HttpStatusCode status, string body) =>
        status != HttpStatusCode.OK ? $"it answered {(int)status}"
        : page.Finds is { } finds && finds != body.Contains("data-session-id", StringComparison.Ordinal) ? finds ? "it lists nothing" : "it lists something"
        : null;

    /// <summary>As people get there: page by page.</summary>
    private static async Task<string> DeepAsync(DeskApp app, string path)
    {
        for (var page = 1; page < DeepPage; page++)
        {
            var (_, body, _) = await app.GetAsync(path);
            if (!NextPage().Match(body).Groups["path"].Success)
                return path;

            path = WebUtility.HtmlDecode(NextPage().Match(body).Groups["path"].Value);
        }

        return path;
    }

    [GeneratedRegex("href=\"(?<path>[^\"]+)\">Next page", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NextPage();
}
