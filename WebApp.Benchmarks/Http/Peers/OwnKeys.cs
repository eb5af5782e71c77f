using Microsoft.AspNetCore.DataProtection;

namespace WebApp.Benchmarks.Http.Peers;

internal static class OwnKeys
{
    /// <summary>Data Protection as it comes, but for where the keys lie: nothing is to be left in anybody's home.</summary>
    public static void AddOwnKeys(this WebApplicationBuilder builder) =>
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new(builder.Configuration["Folder"]!));
}
