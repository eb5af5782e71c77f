using System.Diagnostics;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

/// <summary>How long an instance goes on serving a session that another one has ended, in an otherwise idle moment.</summary>
internal static class RevocationRounds
{
    public const int Rounds = 500;

    /// <summary>The first opens the cookie, the others need not.</summary>
    private const int RequestsBefore = 3;

    public static async Task<SoakRevocations> RunAsync(int portOfA, int portOfB, SoakTally tally)
    {
        using var a = await SoakConnection.OpenAsync(portOfA);
        using var b = await SoakConnection.OpenAsync(portOfB);
        for (var round = 0; round < Rounds; round++)
        {
            if (tally.SignedIn(await a.SignInAsync(BenchmarkUser.Number(round))) is not { } session)
                continue;

            for (var request = 0; request < RequestsBefore; request++)
            {
                tally.ExpectPage(await b.GetAsync(session));
                tally.ExpectPage(await a.GetAsync(session));
            }

            var revoked = await a.RevokeAsync(session);
            if (tally.Revoked(revoked))
            {
                tally.Elsewhere(await UntilRefusedAsync(b, session, tally, revoked.ReceivedAt));
                tally.ExpectRefused(await a.GetAsync(session));
            }
        }

        return tally.Revocations;
    }

    /// <summary>Asks, one request right behind the other, until one is refused; gives up after <see cref="SoakTally.Patience"/>.</summary>
    public static async Task<RefusedAfter> UntilRefusedAsync(SoakConnection other, SoakSession session, SoakTally tally, long revokedAt)
    {
        for (var served = 0; ; served++)
        {
            var answer = await other.GetAsync(session);
            var after = Stopwatch.GetElapsedTime(revokedAt, answer.SentAt);
            if (tally.Check(answer) == AnswerKind.Refused)
                return new(after, served);
            if (after > SoakTally.Patience)
                return new(null, served);
        }
    }
}

/// <param name="Time">From when the answer to the revocation was there until the first request that was refused was sent; null when none was.</param>
/// <param name="Served">How many requests were served meanwhile.</param>
internal sealed record RefusedAfter(TimeSpan? Time, int Served);
