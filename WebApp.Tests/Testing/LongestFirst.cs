using WebApp.Tests.EndToEnd;
using WebApp.Tests.Hosting;
using WebApp.Tests.Hosting.Commands;
using WebApp.Tests.Sessions.Redis;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("WebApp.Tests.Testing." + nameof(LongestFirst), "WebApp.Tests")]

namespace WebApp.Tests.Testing;

/// <summary>Begins with the classes that take longest, so that none is left to run alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(RestartMatrixTests), nameof(RedisFailoverTests), nameof(FirstMinuteTests), nameof(CommandLineTests),
        nameof(AccessibilityTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => PlaceOf(collection.DisplayName));

    private static int PlaceOf(string name) =>
        Array.FindIndex(Longest, longest => name.EndsWith(longest, StringComparison.Ordinal)) is var place and >= 0
            ? place
            : Longest.Length;
}
