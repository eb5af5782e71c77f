using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace WebApp.Hosting;

/// <summary>
/// Microsoft.Data.Sqlite asks for a newer SQLitePCLRaw.core than some package feeds serve. The older one has every member it calls,
/// so it answers for the newer. Where the newer one is restored, the event below never fires.
/// </summary>
internal static class SqliteAssemblyShim
{
    private const string Name = "SQLitePCLRaw.core";

#pragma warning disable CA2255 // A module initializer in an app: the handler must stand before the first type of the provider loads.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => AssemblyLoadContext.Default.Resolving += Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName wanted)
    {
        var path = Path.Combine(AppContext.BaseDirectory, Name + ".dll");
        return wanted.Name == Name && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }
}
