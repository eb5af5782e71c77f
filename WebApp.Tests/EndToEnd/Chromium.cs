using System.Collections.Concurrent;
using Microsoft.Playwright;
using WebApp.Tests.Testing;

namespace WebApp.Tests.EndToEnd;

/// <summary>A real Chromium (the system's: none is downloaded) and an app for it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly float PatienceInMilliseconds = (float)Eventually.Patience.TotalMilliseconds;

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public TestApp App { get; } = new();

    public async Task InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(PatienceInMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Find("chromium"),
            // Chromium's own sandbox does not run as root, which containers often are.
            ChromiumSandbox = !string.Equals(Environment.UserName, "root", StringComparison.Ordinal),
        });
    }

    /// <summary>The app under the one name that browsers trust without https: an address in numbers can have no passkeys.</summary>
    public string Localhost => $"http://localhost:{App.Address.Port}";

    /// <summary>A browser of its own as far as cookies go, with one page.</summary>
    public async Task<Tab> NewTabAsync(int width = 1000, bool javaScript = true, string? site = null)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = site ?? App.Address.OriginalString,
            ViewportSize = new() { Width = width, Height = 700 },
            JavaScriptEnabled = javaScript,
        });
        context.SetDefaultTimeout(PatienceInMilliseconds);
        return new(await context.NewPageAsync());
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await App.DisposeAsync();
    }

    private static string Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"This test needs {program} on the PATH; ./test.sh installs it.");
}

/// <summary>A page, and what it complained of.</summary>
public sealed class Tab : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = [];

    public Tab(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // An answer such as 404 to the page itself is no complaint of the page.
            if (message.Type is "error" or "warning" && !(message.Location.StartsWith(page.Url, StringComparison.Ordinal) && message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)))
                _complaints.Enqueue($"{message.Text} ({message.Location})");
        };
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console: failed scripts, and what the content security policy stopped.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public Task<string> TextAsync() => Page.Locator("main").InnerTextAsync();

    public Task PressAsync(string button, string within = "main") =>
        Page.Locator(within).GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).First.ClickAsync();

    public async Task SignInAsync(string email, string password = Browser.DemoPassword)
    {
        await Page.GotoAsync("/account/login");
        await FillSignInAsync(email, password);
        await PressAsync("Sign in");
    }

    public async Task FillSignInAsync(string email, string password = Browser.DemoPassword)
    {
        await Page.FillAsync("input[type=email]", email);
        await Page.FillAsync("input[type=password]", password);
    }

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
