namespace WebApp.Tests.Testing;

/// <summary>The app in a process of its own, as an operator has it: started and stopped.</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    /// <summary>How such an entry begins.</summary>
    private static readonly string[] Troubles = ["fail:", "crit:", "Unhandled exception"];

    private readonly ProgramProcess _program;

    private AppProcess(ProgramProcess program) => _program = program;

    public Uri Address { get; private set; } = null!;

    /// <summary>What it logged as an error or worse, stack traces included.</summary>
    public IReadOnlyList<string> Errors =>
        [.. Entries().Where(entry => Array.Exists(Troubles, trouble => entry.StartsWith(trouble, StringComparison.Ordinal)))];

    /// <summary>In Development, with demo accounts.</summary>
    public static Task<AppProcess> StartAsync(string redis, string database) =>
        StartAsync(new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ConnectionStrings:Redis"] = redis,
            ["ConnectionStrings:Database"] = $"Data Source={database}",
        });

    /// <summary>Returns when it is ready.</summary>
    /// <param name="settings">Configuration, and variables of the host.</param>
    public static async Task<AppProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        // The program finds its settings file, styles and scripts there.
        var folder = Path.Combine(Repository.Root, "WebApp");
        var app = new AppProcess(ProgramProcess.Start(folder, settings, ["--urls", "http://127.0.0.1:0"]));
        try
        {
            await app.UntilReadyAsync(settings.ContainsKey("App:PublicUrl"));
            return app;
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            throw new InvalidOperationException(
                $"The app did not get ready: {string.Join('\n', app._program.Lines)}", e);
        }
    }

    /// <summary>Stops it as a service manager does, and returns its exit code.</summary>
    public Task<int> StopAsync() => _program.StopAsync();

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private async Task UntilReadyAsync(bool answersOwnHostOnly)
    {
        await _program.UntilPrintedAsync(Listening);
        var line = _program.Lines.First(line => line.Contains(Listening, StringComparison.Ordinal));
        Address = new(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
        using var probe = new Browser(Address);
        if (answersOwnHostOnly)
            ProductionApp.BehindTheProxy(probe);
        await Eventually.TrueAsync(
            async () => (await probe.GetAsync("/health/ready")).Status == 200, "the app is ready");
    }

    /// <summary>The console logger indents all lines of an entry but the first.</summary>
    private List<string> Entries()
    {
        List<string> entries = [];
        foreach (var line in _program.Lines)
        {
            if (line.StartsWith(' ') && entries.Count > 0)
                entries[^1] += '\n' + line;
            else
                entries.Add(line);
        }

        return entries;
    }
}
