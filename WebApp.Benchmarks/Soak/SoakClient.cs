using System.Diagnostics;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

/// <summary>
/// Somebody with several sessions, who uses them on both instances, takes a new one now and then, and ends one now and then. One request
/// at a time, but for a moment around a revocation.
/// </summary>
internal sealed class SoakClient : IDisposable
{
    /// <summary>One of so many acts is a sign-in, and one a revocation.</summary>
    private const int Cycle = 20;

    private const int SessionsAtFirst = 4;

    /// <summary>Far from the people of the other part, and of the other clients.</summary>
    private const int PeopleOfAClient = 100_000;

    /// <summary>Two sessions each: the end of one must not end the other.</summary>
    private const int SessionsOfAPerson = 2;

    private readonly SoakConnection[] _instances;
    private readonly int _number;
    private readonly List<SoakSession> _live = [];
    private readonly List<SoakSession> _ended = [];
    private int _signIns;
    private int _acts;

    private SoakClient(int number, SoakConnection a, SoakConnection b)
    {
        (_number, _acts) = (number, number);
        // Half of the clients have their home there.
        _instances = number % 2 == 0 ? [a, b] : [b, a];
    }

    public SoakTally Tally { get; } = new();

    public int Sessions => _live.Count + _ended.Count;

    public static async Task<SoakClient> OpenAsync(int number, int portOfA, int portOfB)
    {
        var client = new SoakClient(number, await SoakConnection.OpenAsync(portOfA), await SoakConnection.OpenAsync(portOfB));
        for (var i = 0; i < SessionsAtFirst; i++)
            await client.SignInAsync(client._instances[0], client._instances[1]);
        return client;
    }

    /// <param name="until">A moment of <see cref="Stopwatch"/>.</param>
    public async Task RunAsync(long until)
    {
        while (Stopwatch.GetTimestamp() < until)
        {
            _acts++;
            var (here, there) = _acts / Cycle % 2 == 0 ? (_instances[0], _instances[1]) : (_instances[1], _instances[0]);
            switch (_acts % Cycle)
            {
                case 0:
                    await SignInAsync(here, there);
                    break;
                case Cycle / 2 when _live.Count > 1:
                    await RevokeAsync(here, there);
                    break;
                default:
                    // A quarter of the pages come from the other instance.
                    if (_live.Count > 0)
                        Tally.ExpectPage(await _instances[_acts % 4 == 1 ? 1 : 0].GetAsync(_live[_acts % _live.Count]));
                    break;
            }
        }
    }

    /// <summary>At the end: what was not ended answers on both, what was ended on neither.</summary>
    public async Task CheckAsync()
    {
        foreach (var instance in _instances)
        {
            foreach (var session in _live)
                Tally.ExpectLive(await instance.GetAsync(session));
            foreach (var session in _ended)
                Tally.ExpectEnded(await instance.GetAsync(session));
        }
    }

    public void Dispose() => Array.ForEach(_instances, instance => instance.Dispose());

    private async Task SignInAsync(SoakConnection here, SoakConnection there)
    {
        var person = BenchmarkUser.Number((PeopleOfAClient * (_number + 1)) + (_signIns++ / SessionsOfAPerson));
        if (Tally.SignedIn(await here.SignInAsync(person)) is not { } session)
            return;

        _live.Add(session);
        Tally.ExpectPage(await there.GetAsync(session));
        Tally.ExpectPage(await here.GetAsync(session));
    }

    /// <summary>A page is asked for on both instances while the revocation is under way: what it reads, keeps or records must not outlive the end.</summary>
    private async Task RevokeAsync(SoakConnection here, SoakConnection there)
    {
        var session = _live[_acts / Cycle % _live.Count];
        Tally.ExpectPage(await there.GetAsync(session));
        var underWay = there.GetAsync(session);
        var revoked = await here.RevokeAsync(session);
        Tally.Check(await underWay);
        if (!Tally.Revoked(revoked))
            return;

        _live.Remove(session);
        _ended.Add(session);
        var next = here.GetAsync(session);
        Tally.Elsewhere(await RevocationRounds.UntilRefusedAsync(there, session, Tally, revoked.ReceivedAt));
        Tally.ExpectRefused(await next);
    }
}
