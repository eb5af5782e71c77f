namespace WebApp.Tests.Testing;

/// <summary>The files that this code was built from.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution, above the one that the tests run in.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "WebApp.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
