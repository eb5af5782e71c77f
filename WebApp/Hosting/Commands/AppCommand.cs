using System.CommandLine;

namespace WebApp.Hosting.Commands;

/// <summary>One thing that an operator can ask for. System.CommandLine reads and explains it.</summary>
internal sealed class AppCommand : Command
{
    /// <param name="name">The last of the words that name it.</param>
    /// <param name="does">What it does, for the help.</param>
    /// <param name="runAsync">Does it, and returns the exit code.</param>
    /// <param name="options">What it takes.</param>
    public AppCommand(
        string name, string does, Func<CommandContext, Task<int>> runAsync, params IEnumerable<Option> options)
        : base(name, does)
    {
        RunAsync = runAsync;
        foreach (var option in options)
            Add(option);
    }

    public Func<CommandContext, Task<int>> RunAsync { get; }

    /// <summary>Whether it can only work on a database that is up to date.</summary>
    public bool NeedsDatabase { get; init; } = true;

    /// <summary>
    /// Whether it reaches sessions, or sends mail: then what it takes for that runs beside it
    /// (<see cref="CommandServices"/>).
    /// </summary>
    public bool NeedsStore { get; init; }

    /// <summary>All words that name it: <c>users add</c>.</summary>
    public string FullName =>
        string.Join(' ', Parents.Where(parent => parent is not RootCommand).Append(this).Select(word => word.Name));
}
