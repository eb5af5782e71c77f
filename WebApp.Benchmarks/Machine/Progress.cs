namespace WebApp.Benchmarks.Machine;

/// <summary>One line on the standard error that says how far things are.</summary>
internal static class Progress
{
    private static int Shown;

    public static void Show(string text)
    {
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(text);
            return;
        }

        Console.Error.Write('\r' + text.PadRight(Shown));
        Shown = text.Length;
    }

    /// <summary>A line that stays.</summary>
    public static void Say(string text)
    {
        Show(text);
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine();
        Shown = 0;
    }
}
