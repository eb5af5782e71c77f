using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace WebApp.Tests.Testing;

/// <summary>The built program in a process of its own, as an operator has it: started, stopped, frozen and thawed.</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How such an entry begins.</summary>
    private static readonly string[] Troubles = ["fail:", "crit:", "Unhandled exception"];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly TaskCompletionSource<Uri?> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AppProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill(process);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>What it logged as an error or worse, stack traces included.</summary>
    public IReadOnlyList<string> Errors =>
        [.. Entries().Where(entry => Array.Exists(Troubles, trouble => entry.StartsWith(trouble, StringComparison.Ordinal)))];

    /// <summary>In Development, with the local cache on.</summary>
    public static Task<AppProcess> StartAsync(string redis, string database) =>
        StartAsync(new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ConnectionStrings:Redis"] = redis,
            ["ConnectionStrings:Database"] = $"Data Source={database}",
            ["Sessions:LocalCache"] = "On",
        });

    /// <summary>Returns when it is ready.</summary>
    /// <param name="settings">Configuration, and variables of the host.</param>
    public static async Task<AppProcess> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var app = new AppProcess(Process.Start(Describe(settings, ["--urls", "http://127.0.0.1:0"]))!);
        try
        {
            await app.UntilReadyAsync(settings.ContainsKey("App:PublicUrl"));
            return app;
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            throw new InvalidOperationException($"The app did not get ready: {string.Join('\n', app._output)}", e);
        }
    }

    /// <summary>Runs one of the program's commands and asserts that it did what it was told.</summary>
    public static async Task RunAsync(IReadOnlyDictionary<string, string> settings, string[] command, string input = "")
    {
        var start = Describe(settings, command);
        start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {await output}{await error}");
    }

    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    /// <summary>Stops it as a service manager does, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("-TERM");
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo Describe(IReadOnlyDictionary<string, string> settings, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments])
        {
            // The program finds its settings file, styles and scripts there.
            WorkingDirectory = Path.Combine(Repository.Root, "WebApp"),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return start;
    }

    private async Task UntilReadyAsync(bool answersOwnHostOnly)
    {
        Address = await _listening.Task.WaitAsync(Patience) ?? throw new InvalidOperationException("It ended.");
        using var probe = new Browser(Address);
        if (answersOwnHostOnly)
            ProductionApp.BehindTheProxy(probe);
        await Eventually.TrueAsync(
            async () => (await probe.GetAsync("/health/ready")).Status == 200, "the app is ready");
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It is gone already.
        }
    }

    /// <summary>At the end of the output there is no line.</summary>
    private void Read(string? line)
    {
        Keep(line);
        if (line is null)
            _listening.TrySetResult(null);
        else if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
            _listening.TrySetResult(new(line[(at + Listening.Length)..]));
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _output.Enqueue(line);
    }

    /// <summary>The console logger indents all lines of an entry but the first.</summary>
    private List<string> Entries()
    {
        List<string> entries = [];
        foreach (var line in _output)
        {
            if (line.StartsWith(' ') && entries.Count > 0)
                entries[^1] += '\n' + line;
            else
                entries.Add(line);
        }

        return entries;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
