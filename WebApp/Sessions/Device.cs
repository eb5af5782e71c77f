using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace WebApp.Sessions;

public enum DeviceKind
{
    Unknown,
    Desktop,
    Phone,
    Tablet,

    /// <summary>Not a browser: a script or a command line tool.</summary>
    Program,
}

/// <summary>
/// What a User-Agent header says of a browser, in words for people. A claim, not a fact: the client writes the header,
/// so nothing may be allowed because of it.
/// </summary>
/// <param name="Browser">Family, such as <c>Firefox</c>; null when it can't be told.</param>
/// <param name="System">Operating system, such as <c>Windows</c>; null when it can't be told.</param>
/// <param name="Kind">For the icon.</param>
public sealed record Device(string? Browser, string? System, DeviceKind Kind)
{
    public const int MaxUserAgentBytes = 512;

    // Order matters: Edge and Opera also say "Chrome", or on iOS "Version", and nearly all of them say "Safari".
    private static readonly (string Token, string Name)[] Browsers =
    [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"), ("OPT/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("Chromium/", "Chromium"), ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"), ("Version/", "Safari"),
    ];

    private static readonly (string Token, string Name, DeviceKind Kind)[] Systems =
    [
        ("iPhone", "iOS", DeviceKind.Phone), ("iPad", "iPadOS", DeviceKind.Tablet), ("Android", "Android", DeviceKind.Tablet),
        ("Windows", "Windows", DeviceKind.Desktop), ("CrOS", "ChromeOS", DeviceKind.Desktop),
        ("Mac OS X", "macOS", DeviceKind.Desktop), ("Linux", "Linux", DeviceKind.Desktop),
    ];

    private const int MaxKnownFamilies = 1000;
    private const string ProgramName = "A program such as curl";
    private static readonly ConcurrentDictionary<string, BrowserFamily> KnownFamilies = new(StringComparer.Ordinal);

    private static readonly string[] Programs = ["curl/", "Wget/", "python-requests/", "Go-http-client/", "okhttp/", "PostmanRuntime/", "HTTPie/"];

    // The places in these are stored: append, never reorder. A browser in its desktop mode names another system, so those two belong together.
    private static readonly string[][] BrowserFamilies =
        [["Edge"], ["Opera"], ["Samsung Internet"], ["Vivaldi"], ["Firefox"], ["Chromium"], ["Chrome"], ["Safari"], [.. Programs.Select(p => p.TrimEnd('/'))]];
    private static readonly byte ProgramFamily = NumberOf(BrowserFamilies, Programs[0].TrimEnd('/'));
    private static readonly string[][] SystemFamilies = [["Windows"], ["Android", "Linux"], ["iOS", "iPadOS", "macOS"], ["ChromeOS"]];

    /// <summary>The numbers that <see cref="BrowserFamily.Browser"/> can have, and what they are called.</summary>
    public static IReadOnlyList<(byte Number, string Name)> KnownBrowsers =>
        [.. Enumerable.Range(1, BrowserFamilies.Length).Select(number => ((byte)number, number == ProgramFamily ? ProgramName : NameAt(BrowserFamilies, (byte)number)!))];

    /// <summary>The numbers that <see cref="BrowserFamily.System"/> can have, and what they are called.</summary>
    public static IReadOnlyList<(byte Number, string Name)> KnownSystems =>
        [.. Enumerable.Range(1, SystemFamilies.Length).Select(number => ((byte)number, NameAt(SystemFamilies, (byte)number)!))];

    /// <summary>What stays the same as long as it is the same browser.</summary>
    public BrowserFamily Family => new(NumberOf(BrowserFamilies, Browser), NumberOf(SystemFamilies, System));

    /// <summary>"Firefox on Windows", as much of it as is known; "Unknown device" when nothing is.</summary>
    public override string ToString() => (Browser, System) switch
    {
        (not null, not null) => $"{Browser} on {System}",
        (not null, null) => Browser,
        (null, not null) => $"Unknown browser on {System}",
        _ => "Unknown device",
    };

    /// <summary>The browser that sends a request, by its own word.</summary>
    public static Device Of(HttpRequest request) => Parse(request.Headers.UserAgent.ToString());

    /// <summary>Never fails: an empty or senseless text gives an unknown device.</summary>
    public static Device Parse(string userAgent)
    {
        if (Array.Find(Programs, token => userAgent.StartsWith(token, StringComparison.Ordinal)) is { } program)
            return new(program.TrimEnd('/'), null, DeviceKind.Program);

        var browser = Array.Find(Browsers, b => userAgent.Contains(b.Token, StringComparison.Ordinal)).Name;
        var (_, system, kind) = Array.Find(Systems, s => userAgent.Contains(s.Token, StringComparison.Ordinal));
        // Android says "Mobile" on phones only.
        if (system == "Android" && userAgent.Contains("Mobile", StringComparison.Ordinal))
            kind = DeviceKind.Phone;

        return new(browser, system, kind);
    }

    /// <summary>The family of a browser that says so. Remembers what it worked out, for a browser says the same with every request.</summary>
    public static BrowserFamily FamilyOf(string userAgent)
    {
        if (KnownFamilies.TryGetValue(userAgent, out var family))
            return family;

        family = Parse(userAgent).Family;
        // Clients write what they like: neither long texts nor ever new ones may fill the memory.
        if (KnownFamilies.Count >= MaxKnownFamilies)
            KnownFamilies.Clear();
        if (userAgent.Length <= MaxUserAgentBytes)
            KnownFamilies.TryAdd(userAgent, family);
        return family;
    }

    /// <summary>
    /// What may be stored of a User-Agent header: control characters, line separators and invisible formatting become spaces,
    /// and the text is cut after a whole character at <see cref="MaxUserAgentBytes"/> bytes of UTF-8. Empty for a missing header.
    /// </summary>
    public static string Clean(string? userAgent)
    {
        var clean = new StringBuilder();
        var bytes = 0;
        foreach (var rune in (userAgent ?? "").EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxUserAgentBytes)
                break;

            clean.Append(IsVisible(rune) ? rune.ToString() : " ");
        }

        return clean.ToString().Trim();
    }

    internal static string NameOf(BrowserFamily family) =>
        new Device(family.Browser == ProgramFamily ? ProgramName : NameAt(BrowserFamilies, family.Browser), NameAt(SystemFamilies, family.System), DeviceKind.Unknown).ToString();

    private static string? NameAt(string[][] families, byte number) =>
        number == 0 || number > families.Length ? null
        : families[number - 1] is [.. var first, var last] && first.Length > 0 ? $"{string.Join(", ", first)} or {last}"
        : families[number - 1][0];

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static byte NumberOf(string[][] families, string? name) => (byte)(1 + Array.FindIndex(families, names => names.Contains(name)));
}

/// <summary>A kind of browser on a kind of system, as numbers; 0 is unknown.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BrowserFamily(byte Browser, byte System)
{
    /// <summary>Whether both can't be one browser. What is unknown is never a difference.</summary>
    public bool DiffersFrom(BrowserFamily other) => Differ(Browser, other.Browser) || Differ(System, other.System);

    /// <summary>"Firefox on Windows", "Safari on iOS, iPadOS or macOS"; as much of it as is known.</summary>
    public override string ToString() => Device.NameOf(this);

    private static bool Differ(byte one, byte other) => one != 0 && other != 0 && one != other;
}
