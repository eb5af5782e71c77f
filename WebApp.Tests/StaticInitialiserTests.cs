using WebApp.Tests.Testing;

namespace WebApp.Tests;

/// <summary>
/// No static initialiser needs another type's. Of two that need each other one sees the other's fields before they have
/// their values, and which one depends on the first request: once that cost a restarted instance all its sign-ins.
/// </summary>
public sealed class StaticInitialiserTests
{
    [Fact]
    public void No_static_initialiser_of_the_app_needs_that_of_another_type()
    {
        var initialised = typeof(Program).Assembly.GetTypes()
            .Where(type => type.TypeInitializer is not null && !StaticInitialiser.IsGenerated(type)).ToList();

        Assert.True(initialised.Count > 50, $"Only {initialised.Count} types with a static initialiser were found");
        var needs = initialised.SelectMany(type =>
            StaticInitialiser.NeedsOf(type).Select(needed => $"{type.FullName} needs {needed.FullName}")).ToList();
        Assert.True(needs.Count == 0, string.Join('\n', needs));
    }

    [Theory]
    [InlineData(typeof(ReadsAField))]
    [InlineData(typeof(CallsAMethodThatReadsIt))]
    [InlineData(typeof(RunsALambdaThatReadsIt))]
    [InlineData(typeof(MakesAnObjectThatReadsIt))]
    public void A_need_is_found_however_it_is_met(Type type) =>
        Assert.Equal([typeof(Needed)], StaticInitialiser.NeedsOf(type));

    [Fact]
    public void A_call_alone_is_a_need_if_the_static_constructor_is_written_out() =>
        Assert.Equal([typeof(WrittenOut)], StaticInitialiser.NeedsOf(typeof(CallsAMethod)));

    [Fact]
    public void Constants_and_fields_of_ones_own_are_no_need() =>
        Assert.Empty(StaticInitialiser.NeedsOf(typeof(NeedsNobody)));

    private static class Needed
    {
        public const int Constant = 1;
        public static readonly object Field = new();

        public static object Read() => Field;
    }

    private static class ReadsAField
    {
        public static readonly object Field = Needed.Field;
    }

    private static class CallsAMethodThatReadsIt
    {
        public static readonly object Field = Needed.Read();
    }

    private static class RunsALambdaThatReadsIt
    {
        public static readonly object[] Field = [.. Enumerable.Range(0, 2).Select(_ => Needed.Field)];
    }

    private static class MakesAnObjectThatReadsIt
    {
        public static readonly Reader Field = new();

        public sealed class Reader
        {
            public object Value { get; } = Needed.Field;
        }
    }

    private static class WrittenOut
    {
#pragma warning disable CA1810 // A static constructor is what this is about.
        static WrittenOut() => Value = Environment.ProcessId;
#pragma warning restore CA1810

        public static int Value { get; }

        public static int Read() => 1;
    }

    private static class CallsAMethod
    {
        public static readonly int Field = WrittenOut.Read();
    }

    private static class NeedsNobody
    {
        public static readonly int One = Needed.Constant;
        public static readonly int Two = One + 1;
    }
}
