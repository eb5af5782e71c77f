using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace WebApp.Hosting;

/// <summary>Reads <c>appsettings.Development.json</c> from beside the program: it stands at the top of the repository, where the host does not look.</summary>
internal static class DevelopmentSettings
{
    public static void AddDevelopmentSettings(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment())
            return;

        // Behind the other settings files, ahead of environment variables and the command line.
        var sources = builder.Configuration.Sources;
        var last = sources.Select((source, i) => source is JsonConfigurationSource ? i : -1).Max();
        sources.Insert(last + 1, new JsonConfigurationSource
        {
            FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory),
            Path = "appsettings.Development.json",
            Optional = true,
        });
    }
}
