namespace WebApp.Sessions;

/// <summary>
/// A short word by which a person finds the browser that a session belongs to: "BLUE-7". It follows from the session id and proves nothing.
/// </summary>
/// <param name="Colour">One of <see cref="Colours"/>, in lower case.</param>
/// <param name="Number">1 to 99.</param>
public sealed record SessionName(string Colour, int Number)
{
    private const int Numbers = 99;

    public static readonly IReadOnlyList<string> Colours = ["red", "orange", "green", "teal", "blue", "purple", "pink", "grey"];

    /// <summary>How long a browser's pages show it once somebody asked for it.</summary>
    public static readonly TimeSpan ShownFor = TimeSpan.FromMinutes(5);

    /// <summary>Always the same for one session. Ids are random, so the remainder spreads them evenly over the 792 names.</summary>
    public static SessionName Of(SessionId id)
    {
        var place = (int)(id.Value % (UInt128)(Colours.Count * Numbers));
        return new(Colours[place / Numbers], (place % Numbers) + 1);
    }

    public override string ToString() => $"{Colour.ToUpperInvariant()}-{Number}";
}
