using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace WebApp.Benchmarks.Machine;

/// <summary>A process of the benchmark's own. It is told by lines and answers by lines, and it ends with this process.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, Process> Running = new();

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    static Child()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (var process in Running.Values)
                Kill(process);
        };
    }

    private Child(Process process)
    {
        _process = process;
        Running[process.Id] = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>What it has said on its standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString().Trim();
        }
    }

    /// <summary>User and system time since it started.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes of memory that it has at the moment, with what it shares with other processes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="core">Where it may run; null: anywhere.</param>
    /// <param name="environment">Added to this process' own.</param>
    /// <param name="program">On the PATH, or its path.</param>
    /// <param name="args">The program's.</param>
    public static Child Start(int? core, IEnumerable<KeyValuePair<string, string>> environment, string program, params IEnumerable<string> args)
    {
        var start = core is { } number
            ? new ProcessStartInfo("taskset", ["-c", number.ToString(CultureInfo.InvariantCulture), program, .. args])
            : new ProcessStartInfo(program, args);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>This program again, with another verb.</summary>
    public static Child StartSelf(int? core, IEnumerable<KeyValuePair<string, string>> environment, params IEnumerable<string> args)
    {
        var self = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? Start(core, environment, self, [typeof(Child).Assembly.Location, .. args])
            : Start(core, environment, self, args);
    }

    /// <summary>Sends a line and returns the one that comes back.</summary>
    /// <exception cref="InvalidOperationException">It has ended; the message says what it had to say.</exception>
    public async Task<string> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await ReadLineAsync();
    }

    /// <exception cref="InvalidOperationException">It has ended; the message says what it had to say.</exception>
    public async Task<string> ReadLineAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() is { } line)
            return line;

        await _process.WaitForExitAsync();
        throw new InvalidOperationException(Errors is { Length: > 0 } errors ? errors : $"It ended with code {_process.ExitCode}.");
    }

    /// <summary>Returns its exit code, with what it wrote thrown away.</summary>
    public async Task<int> WaitAsync()
    {
        await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync();
        Running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}
