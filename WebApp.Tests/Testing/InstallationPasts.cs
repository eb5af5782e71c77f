using System.Collections.Concurrent;

namespace WebApp.Tests.Testing;

/// <summary>The past of either environment, made when a test first asks for it.</summary>
public sealed class InstallationPasts : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<InstallationPast>>> _pasts = new(StringComparer.Ordinal);

    public Task<InstallationPast> OfAsync(string environment) =>
        _pasts.GetOrAdd(environment, name => new(() => InstallationPast.MakeAsync(name))).Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var past in _pasts.Values.Where(past => past.Value.IsCompletedSuccessfully))
            await (await past.Value).DisposeAsync();
    }
}
