namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The configuration section <c>RateLimits</c>: how often one address may send each kind of form. The defaults leave room for a household or an
/// office behind one address; raise them for a larger one, and lower them only where every person has an address of their own.
/// </summary>
internal sealed class RateLimitSettings
{
    public const string Section = "RateLimits";

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(1);
    private const int MostPermits = 1000;

    /// <summary>The form to sign in. Raise it where many people sign in at the same minute, as in a class room.</summary>
    public RateLimit SignIn { get; set; } = new() { Permits = 60, Window = TimeSpan.FromMinutes(5) };

    /// <summary>New accounts, and tries to make one.</summary>
    public RateLimit Register { get; set; } = new() { Permits = 30, Window = TimeSpan.FromHours(1) };

    /// <summary>Requests for mail, such as a link to reset a password. Each may put a letter into somebody's mailbox.</summary>
    public RateLimit Forgot { get; set; } = new() { Permits = 20, Window = TimeSpan.FromHours(1) };

    /// <summary>New passwords by a mailed link.</summary>
    public RateLimit Reset { get; set; } = new() { Permits = 30, Window = TimeSpan.FromHours(1) };

    /// <summary>Confirmations of identity by people who are signed in, changes of password, and links that confirm a new account with its password.</summary>
    public RateLimit Confirm { get; set; } = new() { Permits = 60, Window = TimeSpan.FromMinutes(5) };

    /// <summary>Codes and other second factors.</summary>
    public RateLimit Codes { get; set; } = new() { Permits = 60, Window = TimeSpan.FromMinutes(5) };

    /// <summary>What links in mail lead to without a password: confirming the new address of an account, "this wasn't me".</summary>
    public RateLimit Links { get; set; } = new() { Permits = 60, Window = TimeSpan.FromHours(1) };

    /// <summary>
    /// Passwords and codes that were wrong, by whatever form and for whatever account. Beyond it none of these forms is looked at. It is what stops
    /// one password from being tried on many accounts: keep it low.
    /// </summary>
    public RateLimit FailedProofs { get; set; } = new() { Permits = 40, Window = TimeSpan.FromHours(1) };

    public RateLimit Of(LimitedAct act) => act switch
    {
        LimitedAct.SignIn => SignIn,
        LimitedAct.Register => Register,
        LimitedAct.Forgot => Forgot,
        LimitedAct.Reset => Reset,
        LimitedAct.Confirm => Confirm,
        LimitedAct.Codes => Codes,
        LimitedAct.Links => Links,
        LimitedAct.FailedProofs => FailedProofs,
        _ => throw new ArgumentOutOfRangeException(nameof(act)),
    };

    /// <summary>What is wrong with the settings; null when nothing is.</summary>
    public string? Problem() => Enum.GetValues<LimitedAct>().Select(ProblemOf).FirstOrDefault(problem => problem is not null);

    private string? ProblemOf(LimitedAct act)
    {
        var limit = Of(act);
        return limit.Permits is < 0 or > MostPermits ? $"{Section}:{act}:{nameof(limit.Permits)} must be from 0 (no limit) to {MostPermits}."
            : limit.Window < ShortestWindow || limit.Window > LongestWindow ? $"{Section}:{act}:{nameof(limit.Window)} must be from {ShortestWindow} to {LongestWindow:c}."
            : null;
    }
}

internal sealed class RateLimit
{
    /// <summary>How many at once; as many again come back, evenly, over the window. 0: no limit.</summary>
    public int Permits { get; set; }

    public TimeSpan Window { get; set; }
}
