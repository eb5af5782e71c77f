namespace WebApp.Tests.Testing;

/// <summary>
/// How much of what can be repeated at will a run repeats: enough to fail when the code is broken, or, with
/// <c>./test.sh --long</c>, all of it.
/// </summary>
public static class Effort
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("TESTS_LONG") == "1";

    public static int Of(int full, int usual) => IsFull ? full : usual;
}
