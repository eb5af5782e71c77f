namespace WebApp.Texts;

/// <summary>The wide forms of ASCII that East Asian keyboards type.</summary>
public static class WideText
{
    private const int Distance = '！' - '!';

    public static char Narrow(char c) => c is >= '！' and <= '～' ? (char)(c - Distance) : c;

    public static string Narrow(string text) =>
        text.AsSpan().ContainsAnyInRange('！', '～') ? string.Concat(text.Select(Narrow)) : text;
}
