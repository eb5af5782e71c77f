using System.Diagnostics;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

/// <summary>Counts what happened, and what must not happen. One per task: it is not made to be shared.</summary>
internal sealed class SoakTally
{
    /// <summary>How long an instance may take to refuse what another has ended: each request asks the store.</summary>
    public static readonly TimeSpan Patience = TimeSpan.Zero;

    private readonly LatencyHistogram _pages = new();
    private readonly List<double> _refusedAfter = [];
    private SoakCounts _counts = new();
    private int _firstRefused;
    private int _servedMost;

    public SoakCounts Counts => _counts with { P50 = _pages.Quantile(0.5) / 1000, P99 = _pages.Quantile(0.99) / 1000 };

    public SoakRevocations Revocations => SoakRevocations.Of([.. _refusedAfter.Order()], _firstRefused, _servedMost, Counts);

    /// <summary>Counts the request, and what is neither page nor refusal as failed.</summary>
    public AnswerKind Check(SoakAnswer answer)
    {
        _counts = _counts with { Requests = _counts.Requests + 1 };
        if (answer.Kind == AnswerKind.Wrong)
            Fail(answer.Error!);
        return answer.Kind;
    }

    public bool ExpectPage(SoakAnswer answer)
    {
        if (Check(answer) == AnswerKind.Refused)
            Fail("A live session was refused.");
        _pages.Add(Stopwatch.GetElapsedTime(answer.SentAt, answer.ReceivedAt));
        return answer.Kind == AnswerKind.Page;
    }

    /// <summary>On the instance that has ended the session: it holds at once there.</summary>
    public void ExpectRefused(SoakAnswer answer)
    {
        if (Check(answer) == AnswerKind.Page)
            _counts = _counts with { ServedAfterOwnRevocation = _counts.ServedAfterOwnRevocation + 1 };
    }

    public SoakSession? SignedIn((SoakSession? Session, SoakAnswer Answer) signIn)
    {
        if (Check(signIn.Answer) != AnswerKind.Wrong && signIn.Session is null)
            Fail("A sign-in was answered without a cookie.");
        if (signIn.Session is not null)
            _counts = _counts with { SignIns = _counts.SignIns + 1 };
        return signIn.Session;
    }

    public bool Revoked(SoakAnswer answer)
    {
        if (Check(answer) == AnswerKind.Refused)
            Fail("A live session was refused when it was to be ended.");
        if (answer.Kind == AnswerKind.Page)
            _counts = _counts with { Revocations = _counts.Revocations + 1 };
        return answer.Kind == AnswerKind.Page;
    }

    /// <summary>On the other instance.</summary>
    public void Elsewhere(RefusedAfter refused)
    {
        _servedMost = Math.Max(_servedMost, refused.Served);
        _firstRefused += refused.Served == 0 ? 1 : 0;
        _refusedAfter.Add((refused.Time ?? Patience).TotalMilliseconds);
        if (refused.Time is null)
            _counts = _counts with { ServedTooLongElsewhere = _counts.ServedTooLongElsewhere + 1 };
    }

    /// <summary>At the end: a session that nobody has ended.</summary>
    public void ExpectLive(SoakAnswer answer)
    {
        if (Check(answer) == AnswerKind.Refused)
            _counts = _counts with { Lost = _counts.Lost + 1 };
    }

    /// <summary>At the end: a session that was ended.</summary>
    public void ExpectEnded(SoakAnswer answer)
    {
        if (Check(answer) == AnswerKind.Page)
            _counts = _counts with { Revived = _counts.Revived + 1 };
    }

    public void Add(SoakTally other)
    {
        _pages.Add(other._pages);
        _refusedAfter.AddRange(other._refusedAfter);
        _firstRefused += other._firstRefused;
        _servedMost = Math.Max(_servedMost, other._servedMost);
        _counts = _counts.Plus(other._counts);
    }

    private void Fail(string error) => _counts = _counts with { Failed = _counts.Failed + 1, FirstError = _counts.FirstError ?? error };
}

/// <param name="Requests">Answered, of all kinds.</param>
/// <param name="Failed">Of those, how many had another status, or page, than they should.</param>
/// <param name="FirstError">The first of those.</param>
/// <param name="SignIns">New sessions.</param>
/// <param name="Revocations">Ended ones.</param>
/// <param name="ServedAfterOwnRevocation">Requests that the revoking instance served afterwards.</param>
/// <param name="ServedTooLongElsewhere">Sessions that the other instance still served after <see cref="SoakTally.Patience"/>.</param>
/// <param name="Lost">Answers at the end that refused a session that nobody had ended.</param>
/// <param name="Revived">Answers at the end that served a session that was ended.</param>
/// <param name="P50">Of the pages, milliseconds.</param>
/// <param name="P99">Likewise.</param>
internal sealed record SoakCounts(
    long Requests = 0, long Failed = 0, string? FirstError = null, long SignIns = 0, long Revocations = 0, long ServedAfterOwnRevocation = 0,
    long ServedTooLongElsewhere = 0, long Lost = 0, long Revived = 0, double P50 = 0, double P99 = 0)
{
    /// <summary>What must be zero.</summary>
    public long Violations => Failed + ServedAfterOwnRevocation + ServedTooLongElsewhere + Lost + Revived;

    /// <summary>Both together, but for the quantiles.</summary>
    public SoakCounts Plus(SoakCounts other) => new(
        Requests + other.Requests, Failed + other.Failed, FirstError ?? other.FirstError, SignIns + other.SignIns, Revocations + other.Revocations,
        ServedAfterOwnRevocation + other.ServedAfterOwnRevocation, ServedTooLongElsewhere + other.ServedTooLongElsewhere, Lost + other.Lost, Revived + other.Revived);
}

/// <summary>How long a session was served elsewhere after its end, in milliseconds, and what was counted meanwhile.</summary>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Likewise.</param>
/// <param name="Max">Likewise.</param>
/// <param name="FirstRefused">The share of revocations after which the very first request was refused.</param>
/// <param name="ServedMost">The most requests that were served after one.</param>
/// <param name="Counts">Everything else.</param>
internal sealed record SoakRevocations(double P50, double P99, double Max, double FirstRefused, int ServedMost, SoakCounts Counts)
{
    public static SoakRevocations Of(double[] sorted, int firstRefused, int servedMost, SoakCounts counts) => sorted.Length == 0
        ? new(0, 0, 0, 0, servedMost, counts)
        : new(At(sorted, 0.5), At(sorted, 0.99), sorted[^1], (double)firstRefused / sorted.Length, servedMost, counts);

    private static double At(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
}
