using System.Reflection;
using Microsoft.Extensions.Options;
using WebApp.Hosting.Commands;

namespace WebApp.Hosting;

/// <summary>
/// Ends a start, or a command, that fails by its settings or its machine with words and exit code 1. A mistake of ours
/// ends it with its trace.
/// </summary>
internal sealed class StartFaults
{
    private readonly string[] _args;
    private volatile bool _hasStarted;

    private StartFaults(string[] args) => _args = args;

    public static StartFaults Watch(string[] args)
    {
        var faults = new StartFaults(args);
        // Tests and "dotnet ef" run Main in a program of their own, which gets the exception instead.
        if (Assembly.GetEntryAssembly() == typeof(Program).Assembly)
            AppDomain.CurrentDomain.UnhandledException += faults.EndInWords;
        return faults;
    }

    /// <summary>The host would log a start that fails, with its trace, before the words come.</summary>
    public void KeepOutOf(ILoggingBuilder log) => log.AddFilter("Microsoft.Extensions.Hosting.Internal.Host",
        level => level >= (_hasStarted ? LogLevel.Warning : LogLevel.Critical));

    /// <summary>Validates what is validated on start anyway, before anything else has begun.</summary>
    /// <exception cref="OptionsValidationException">A setting is missing or wrong.</exception>
    public void Validate(WebApplication app)
    {
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            _hasStarted = true;
            AppDomain.CurrentDomain.UnhandledException -= EndInWords;
        });
        app.Services.GetService<IStartupValidator>()?.Validate();
    }

    private void EndInWords(object sender, UnhandledExceptionEventArgs unhandled)
    {
        if (Faults.InWords((Exception)unhandled.ExceptionObject) is not { } words)
            return;

        var asJson = CommandLine.IsCommand(_args) && _args.Contains(AppOption.JsonName);
        CommandContext.RefuseAsync(words, asJson).GetAwaiter().GetResult();
        Environment.Exit(CommandLine.NotDone);
    }
}
