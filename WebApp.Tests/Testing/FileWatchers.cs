using System.Runtime.CompilerServices;

namespace WebApp.Tests.Testing;

/// <summary>Every app watches its files, and a machine has only so many watchers: too few for all the apps of the tests.</summary>
internal static class FileWatchers
{
#pragma warning disable CA2255 // It has to be said before the first app is built, wherever that is.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void DoWithout()
    {
        Environment.SetEnvironmentVariable("DOTNET_USE_POLLING_FILE_WATCHER", "1");
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
    }
}
