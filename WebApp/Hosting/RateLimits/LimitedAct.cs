namespace WebApp.Hosting.RateLimits;

/// <summary>What is counted per address; each has its own setting of the same name in <see cref="RateLimitSettings"/>.</summary>
internal enum LimitedAct
{
    SignIn,
    Register,
    Forgot,
    Reset,
    Confirm,
    Codes,
    Links,

    /// <summary>Not a form: a proof that was judged and found wrong.</summary>
    FailedProofs,
}

/// <summary>Marks an endpoint whose forms are counted. To look at the page is free.</summary>
internal sealed record Limited(LimitedAct Act);
