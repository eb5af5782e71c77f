using System.Globalization;
using System.Reflection;
using Xunit.Sdk;

namespace WebApp.Tests;

/// <summary>
/// A run that lost tests on its way is not a green one: this says how many there are, and test.sh counts those that ran.
/// </summary>
[Trait("Lane", "Fast")]
public sealed class CompletenessTests
{
    private static readonly IReadOnlyList<Type> Classes =
        [.. typeof(CompletenessTests).Assembly.GetTypes().Where(type => !type.IsAbstract && Tests(type).Any())];

    [Fact]
    public void It_is_known_how_many_tests_a_pass_has()
    {
        var count = Classes.Sum(type => Tests(type).Where(test => IsInThisPass(type, test)).Sum(Cases));

        Assert.NotEqual(0, count);
        if (Environment.GetEnvironmentVariable("TESTS_EXPECTED") is { } file)
            File.WriteAllText(file, count.ToString(CultureInfo.InvariantCulture));
    }

    // Whether a derived class inherits them depends on whether it has one of its own.
    [Fact]
    public void Traits_stand_on_the_classes_that_run() => Assert.DoesNotContain(
        typeof(CompletenessTests).Assembly.GetTypes(),
        type => type.IsAbstract && type.GetCustomAttributesData().Any(data => data.AttributeType == typeof(TraitAttribute)));

    private static bool IsInThisPass(Type type, MethodInfo test)
    {
        string[] lanes = [.. Traits(type, "Lane"), .. Traits(test, "Lane")];
        return Environment.GetEnvironmentVariable("TESTS_PASS") switch
        {
            "Fast" => lanes.Contains("Fast"),
            "Long" => true,
            _ => !lanes.Contains("Long"),
        };
    }

    private static string[] Traits(MemberInfo member, string name) =>
    [
        .. member.GetCustomAttributesData().Where(data => data.AttributeType == typeof(TraitAttribute))
            .Where(data => (string?)data.ConstructorArguments[0].Value == name)
            .Select(data => (string)data.ConstructorArguments[1].Value!),
    ];

    private static IEnumerable<MethodInfo> Tests(Type type) =>
        type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute), inherit: true));

    /// <summary>A theory has one case for each row of its data.</summary>
    private static int Cases(MethodInfo test)
    {
        DataAttribute[] data = [.. test.GetCustomAttributes<DataAttribute>(inherit: true)];
        return test.IsDefined(typeof(TheoryAttribute)) ? data.Sum(rows => rows.GetData(test).Count()) : 1;
    }
}
