using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.RateLimits;

/// <summary>The app with limits low enough to meet, behind a proxy that tells each browser's address.</summary>
public sealed class LimitedApp : ProxiedApp
{
    public const int Permits = 3;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(6);

    private static int LastAddress;

    public LimitedApp()
    {
        foreach (var act in (string[])["SignIn", "Register", "Confirm"])
            (Settings[$"RateLimits:{act}:Permits"], Settings[$"RateLimits:{act}:Window"]) = ($"{Permits}", $"{Window:c}");
    }

    /// <summary>One that no other browser has.</summary>
    public static string NewAddress() => $"198.51.{100 + (Interlocked.Increment(ref LastAddress) / 250)}.{1 + (LastAddress % 250)}";

    public Browser NewBrowserAt(string address) => NewBrowser().At(address);

    /// <summary>Sends a form without what makes it a good one: it counts all the same.</summary>
    public static async Task<int> TryAsync(Browser browser, string path = "/account/login") => (await browser.PostAsync(path)).Status;

    /// <summary>Uses up what the address has, and answers how many that were.</summary>
    public static async Task<int> UseUpAsync(Browser browser, string path = "/account/login")
    {
        var count = 0;
        while (await TryAsync(browser, path) != 429)
            Assert.True(++count < 1000, "There is a limit");
        return count;
    }
}
