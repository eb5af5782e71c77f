namespace WebApp.Sessions;

/// <summary>Ways in which the use of a cookie does not fit its session. The names are stored: never rename one.</summary>
public enum Signal
{
    BrowserChanged,
    CountryChanged,
    Travel,
    TwoNetworks,
}

/// <summary>What is done about it.</summary>
public enum SignalAction
{
    Off,

    /// <summary>It is a line in the session's story.</summary>
    Log,

    /// <summary>As <see cref="Log"/>, and the person is told.</summary>
    Notify,

    /// <summary>The session is locked until identity is proved.</summary>
    Lock,

    /// <summary>The session ends.</summary>
    End,
}

/// <summary>One rule.</summary>
public sealed class SignalRule
{
    public SignalAction Action { get; set; }

    /// <summary>Only write down what would have been done. To try a rule out before it counts.</summary>
    public bool DryRun { get; set; }

    /// <summary>Whether it stops the request that it was seen in.</summary>
    public bool Stops => !DryRun && Action is (SignalAction.Lock or SignalAction.End);
}

/// <summary>The rules, each with what it is about. What is unknown (no address, no country) is never a difference, but for a browser that was known.</summary>
public sealed class SignalPolicy
{
    /// <summary>Another kind of browser, or one on another kind of system, uses the cookie. Browsers update, but never turn into others.</summary>
    public SignalRule BrowserChanged { get; set; } = new() { Action = SignalAction.Lock };

    /// <summary>The country changed. Needs <see cref="SessionPolicy.CountryHeader"/>.</summary>
    public SignalRule CountryChanged { get; set; } = new() { Action = SignalAction.Notify };

    /// <summary>Two countries within <see cref="SessionPolicy.TravelWindow"/>. Needs <see cref="SessionPolicy.CountryHeader"/>.</summary>
    public SignalRule Travel { get; set; } = new() { Action = SignalAction.Notify };

    /// <summary>It moved to another network, and within two minutes back. Phones do that, too.</summary>
    public SignalRule TwoNetworks { get; set; } = new() { Action = SignalAction.Log };

    internal IEnumerable<(Signal Signal, SignalRule Rule)> Rules =>
    [
        (Signal.BrowserChanged, BrowserChanged), (Signal.CountryChanged, CountryChanged), (Signal.Travel, Travel), (Signal.TwoNetworks, TwoNetworks),
    ];
}

/// <summary>A signal that was seen, with its values in words.</summary>
/// <param name="Signal">Which one.</param>
/// <param name="Rule">What is to be done about it.</param>
/// <param name="From">What the session was used from before.</param>
/// <param name="To">What it is used from now.</param>
public sealed record SignalSeen(Signal Signal, SignalRule Rule, string From, string To);

/// <summary>Compares a use of a session with the one recorded last.</summary>
internal static class SessionSignals
{
    /// <summary>How soon a return to the network before counts as use from both at once.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMinutes(2);

    /// <summary>What does not fit, by the rules that are on.</summary>
    public static IReadOnlyList<SignalSeen> Find(UserSession session, SessionUse use, SessionPolicy policy)
    {
        var rules = policy.Signals;
        List<SignalSeen>? seen = null;
        if (use.IsOtherBrowserThan(session))
            Add(Signal.BrowserChanged, rules.BrowserChanged, session.Family.ToString(), (use.HidesBrowser ? default : use.Family).ToString());
        // Whoever has proved their identity since may have come from anywhere. The kind of browser is recorded with the proof.
        if (session.AuthenticatedAt > session.LastSeenAt)
            return seen ?? (IReadOnlyList<SignalSeen>)[];

        if (session.Country is { } from && use.Country is { } to && from != to)
        {
            Add(Signal.CountryChanged, rules.CountryChanged, from, to);
            if (use.SeenAt - session.LastSeenAt < policy.TravelWindow)
                Add(Signal.Travel, rules.Travel, from, to);
        }

        if (session.PreviousAddress is { } before && Network.Differ(session.LastAddress, use.Address) && !Network.Differ(before, use.Address)
            && use.SeenAt - session.MovedAt < AtOnce)
            Add(Signal.TwoNetworks, rules.TwoNetworks, Network.Describe(session.LastAddress), Network.Describe(use.Address));
        return seen ?? (IReadOnlyList<SignalSeen>)[];

        void Add(Signal signal, SignalRule rule, string before, string now)
        {
            if (rule.Action != SignalAction.Off)
                (seen ??= []).Add(new(signal, rule, before, now));
        }
    }
}
