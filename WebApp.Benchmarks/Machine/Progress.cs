namespace WebApp.Benchmarks.Machine;

/// <summary>One line on the standard error that says how far things are.</summary>
internal static class Progress
{
    private static int _shown;

    public static void Show(string text)
    {
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(text);
            return;
        }

        Console.Error.Write('\r' + text.PadRight(_shown));
        _shown = text.Length;
    }

    /// <summary>A line that stays.</summary>
    public static void Say(string text)
    {
        Show(text);
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine();
        _shown = 0;
    }
}
