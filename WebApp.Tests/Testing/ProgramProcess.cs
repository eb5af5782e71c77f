using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace WebApp.Tests.Testing;

/// <summary>The built program in a process of its own, and all that it prints.</summary>
public sealed class ProgramProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _error = [];

    private ProgramProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
    }

    public string Output => string.Join('\n', _output);

    public string Error => string.Join('\n', _error);

    /// <summary>Both, for what may stand in neither.</summary>
    public IEnumerable<string> Lines => _output.ToArray().Concat(_error.ToArray());

    /// <summary>Starts <c>dotnet WebApp.dll</c> in the folder, with the text to read from standard input.</summary>
    /// <param name="folder">Where it starts.</param>
    /// <param name="environment">Settings (<c>App:PublicUrl</c>) and variables of the host; null takes one away.</param>
    /// <param name="arguments">What follows on the command line.</param>
    /// <param name="input">What it reads from standard input.</param>
    public static ProgramProcess Start(
        string folder, IReadOnlyDictionary<string, string?> environment, string[] arguments, string input = "") =>
        StartDotnet(folder, environment, [typeof(Program).Assembly.Location, .. arguments], input);

    /// <summary>Starts <c>dotnet</c> with the arguments.</summary>
    public static ProgramProcess StartDotnet(
        string folder, IReadOnlyDictionary<string, string?> environment, string[] arguments, string input = "")
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        var program = new ProgramProcess(new Process { StartInfo = start });
        program._process.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => program.Kill();
        program._process.BeginOutputReadLine();
        program._process.BeginErrorReadLine();
        program._process.StandardInput.Write(input);
        program._process.StandardInput.Close();
        return program;
    }

    /// <summary>Returns when it has printed the text; fails when it ends before.</summary>
    public Task UntilPrintedAsync(string text) => Eventually.TrueAsync(() =>
    {
        var ended = _process.HasExited;
        var printed = Output.Contains(text, StringComparison.Ordinal);
        Assert.True(printed || !ended, $"It ended, and printed no \"{text}\":\n{string.Join('\n', Lines)}");
        return printed;
    }, $"the program prints \"{text}\"");

    /// <summary>Asks it to end, as a service manager does.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("-TERM");
        return await EndAsync();
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The exit code, when it has ended by itself and all that it printed is here.</summary>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It is gone already.
        }
    }
}
