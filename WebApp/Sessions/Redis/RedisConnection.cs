using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The one guarded way to Redis. Every call ends within <see cref="SessionPolicy.CommandTimeout"/> or throws
/// <see cref="SessionStoreUnavailableException"/>.
/// </summary>
/// <remarks>
/// <para>
/// The connection is <em>verified</em> or not. It is not at the start, after it broke, and after a command that was not
/// answered in time; then calls fail at once, so that no backlog grows in front of a server that hangs (only before the
/// very first verification do they wait). <see cref="RedisMonitor"/> verifies: it asks every server who it is, and a
/// server that it doesn't know has to load all scripts and gets the journalled revocations again.
/// A reply counts only if it came over a connection that was there when the monitor looked.
/// </para>
/// <para>
/// A command given up on stays in the client's queue and runs when the server comes back to itself. So scripts are
/// handed, as <c>ARGV[1]</c>, the moment in Redis' own clock at which the caller stops waiting, and do nothing past it.
/// </para>
/// <para>
/// An error that Redis answers is logged with its words, less keys and values (<see cref="RedisError"/>). The operation
/// that it is logged with is the script, or the method that asked.
/// </para>
/// </remarks>
public sealed partial class RedisConnection(
    ConfigurationOptions server, IOptions<SessionPolicy> policy, TimeProvider clock, ILogger<RedisConnection> logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Timers go by a clock that ticks every few milliseconds: a caller may be told that its time is up this much early.
    /// </summary>
    private static readonly TimeSpan TimerTick = TimeSpan.FromMilliseconds(20);

    private readonly TimeSpan _timeout = policy.Value.CommandTimeout;
    private readonly RedisErrorLog _errors = new(clock, logger);
    private readonly RefusedWrites _refused = new(clock);
    private readonly Lock _state = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly TaskCompletionSource _firstVerified = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<ConnectionMultiplexer>? _connecting;
    private volatile ConnectionMultiplexer? _redis;
    private volatile IDatabase? _database;
    private volatile RedisProbe? _lastProbe;

    /// <summary>The look after which calls were let through; null while they are not.</summary>
    private volatile RedisProbe? _verified;
    private int _doubts;

    /// <summary>Whether calls are let through.</summary>
    public bool IsVerified => _verified is not null;

    /// <summary>
    /// The masters as the monitor last saw them, at most a second or so ago while <see cref="IsVerified"/>; for health
    /// checks.
    /// </summary>
    public IReadOnlyList<RedisServerFacts> Masters => _lastProbe?.Masters ?? [];

    /// <summary>
    /// What Redis said when it last refused to write, if that was less than a minute ago and it has written nothing of
    /// the kind since; for health checks.
    /// </summary>
    public string? RefusedWrite => _refused.Last;

    /// <summary>Whether keys of any slots may stand in one command: known to be no Cluster.</summary>
    internal bool IsSingleServer => _lastProbe is { IsCluster: false };

    /// <summary>Asks the master: a replica may not have heard of a revocation yet.</summary>
    public Task<RedisValue[]> GetAsync(RedisKey[] keys) => GetAsync(keys, Stopwatch.GetTimestamp());

    /// <summary>
    /// Runs any command. It must be harmless if it is executed late (see the remarks on <see cref="RedisConnection"/>),
    /// or served by a replica if it doesn't demand the master.
    /// </summary>
    public Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command, [CallerMemberName] string operation = "") =>
        RunAsync(command, Stopwatch.GetTimestamp(), operation);

    public async ValueTask DisposeAsync()
    {
        _verified = null;
        _wake.Dispose();
        if (_redis is not { } redis)
            return;

        // Commands still queued are past their callers' patience: waiting for them would only delay the shutdown.
        await redis.CloseAsync(allowCommandsToComplete: false)
            .WaitAsync(ConnectTimeout)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        redis.Dispose();
    }

    /// <summary>Redis has just written something that needs memory.</summary>
    internal void NoteWritten() => _refused.Clear();

    /// <summary>Redis has just given leave to write what needs no memory; on Cluster, one of its masters has.</summary>
    internal void NoteLeaveToWrite()
    {
        if (IsSingleServer)
            _refused.ClearButLackOfMemory();
    }

    /// <summary>For a caller that has waited since that timestamp of <see cref="Stopwatch"/>.</summary>
    internal Task<RedisValue[]> GetAsync(RedisKey[] keys, long started) =>
        RunAsync(db => db.StringGetAsync(keys, CommandFlags.DemandMaster), started, "MGET");

    /// <summary>
    /// Runs a script. Its <c>ARGV[1]</c> is the not-after time in milliseconds; <paramref name="args"/> follow from
    /// <c>ARGV[2]</c>.
    /// </summary>
    internal async Task<RedisResult> EvaluateAsync(RedisScript script, RedisKey[] keys, params RedisValue[] args)
    {
        var started = Stopwatch.GetTimestamp();
        return await RunAsync(db => EvaluateOn(db, script, keys, args, started), started, script.Name);
    }

    /// <summary>For the monitor's own scripts, which must run before the connection counts as verified.</summary>
    internal Task<RedisResult> EvaluateUnverifiedAsync(RedisScript script, RedisKey[] keys, params RedisValue[] args)
    {
        var started = Stopwatch.GetTimestamp();
        return GuardAsync(script.Name, db => EvaluateOn(db, script, keys, args, started), started);
    }

    /// <summary>Has every master load the scripts. Throws at the first that can't be loaded.</summary>
    internal async Task LoadAsync(RedisProbe probe, IEnumerable<RedisScript> scripts)
    {
        foreach (var script in scripts)
        {
            await GuardAsync(
                $"{script.Name} (load)",
                db => Task.WhenAll(probe.MastersOf(db.Multiplexer).Select(node => node.ScriptLoadAsync(script.Text))),
                Stopwatch.GetTimestamp());
        }
    }

    /// <summary>
    /// Connects if need be, and asks every server who it is. Throws when one does not answer, or when no master does.
    /// </summary>
    internal async Task<RedisProbe> ProbeAsync()
    {
        var doubts = Volatile.Read(ref _doubts);
        if (_redis is null)
            _database = (_redis = await ConnectAsync()).GetDatabase();
        var last = _lastProbe;
        var probe = await GuardAsync(
            "INFO and TIME",
            db => RedisProbe.AskAsync(db.Multiplexer, last, _timeout, doubts),
            Stopwatch.GetTimestamp());
        if (!probe.IsSharedBy(_redis))
            await ReconfigureAsync(_redis);
        if (probe.Masters.Count == 0)
            throw new SessionStoreUnavailableException("No Redis master is connected.");

        return _lastProbe = probe;
    }

    /// <summary>Lets calls through, unless something happened since the probe began; then false.</summary>
    internal bool TryVerify(RedisProbe probe)
    {
        lock (_state)
        {
            if (_doubts != probe.Doubts || !probe.IsSharedBy(_redis!))
                return false;

            _verified = probe;
        }

        _firstVerified.TrySetResult();
        return true;
    }

    /// <summary>Holds calls back until the monitor, which is having a look just now, verifies.</summary>
    internal void HoldBack()
    {
        lock (_state)
            _verified = null;
    }

    /// <summary>Returns after <paramref name="delay"/>, or as soon as something happens to the connection.</summary>
    internal Task WaitForEventAsync(TimeSpan delay, CancellationToken stopping) => _wake.WaitAsync(delay, stopping);

    /// <summary>
    /// Has the client find out who is master, which it would do by itself only much later. It takes as long as it waits
    /// for a server that is gone; the next look sees what came of it.
    /// </summary>
    private async Task ReconfigureAsync(ConnectionMultiplexer redis) => await ((Task)redis.ConfigureAsync())
        .WaitAsync(_timeout)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async ValueTask<RedisProbe> VerifiedAsync(long started)
    {
        if (_verified is { } verified)
            return verified;

        if (_firstVerified.Task.IsCompleted)
            throw NotVerified();

        try
        {
            await _firstVerified.Task.WaitAsync(Left(started));
        }
        catch (TimeoutException)
        {
            throw new SessionStoreUnavailableException($"Redis has not been reached within {_timeout} yet.");
        }

        return _verified ?? throw NotVerified();
    }

    private async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command, long started, string operation)
    {
        var verified = await VerifiedAsync(started);
        var reply = await GuardAsync(operation, command, started);
        if (verified.Covers(_redis!))
            return reply;

        Doubt();
        throw NotVerified();
    }

    /// <summary>
    /// The guard. The client looks for calls whose time is up once a second, which is too late: each wait is bounded
    /// here. It may complete a call on its reader's thread, so the rest of the caller is moved away: it may block, and
    /// would hold up every other call. Its messages can hold keys, and inner exceptions get logged: neither is passed on.
    /// </summary>
    private async Task<T> GuardAsync<T>(string operation, Func<IDatabase, Task<T>> command, long started)
    {
        var database = _database ?? throw new SessionStoreUnavailableException("Redis is not connected yet.");
        try
        {
            return await command(database).WaitAsync(Left(started));
        }
        catch (TimeoutException)
        {
            if (Doubt())
                LogTimeout(_timeout);
            throw new SessionStoreUnavailableException($"Redis did not answer within {_timeout}.");
        }
        catch (RedisConnectionException e)
        {
            Wake();
            throw new SessionStoreUnavailableException($"The connection to Redis failed ({e.FailureType}).");
        }
        catch (RedisServerException e)
        {
            var error = RedisError.Of(e.Message);
            _errors.Add(operation, error);
            _refused.Note(error);
            throw new SessionStoreUnavailableException($"Redis refused {operation}: {error.Text}");
        }
        catch (Exception e) when (
            e is RedisException or RedisCommandException or ObjectDisposedException or OperationCanceledException)
        {
            throw new SessionStoreUnavailableException($"The Redis client failed ({e.GetType().Name}).");
        }
        finally
        {
            await Task.Yield();
        }
    }

    private Task<RedisResult> EvaluateOn(
        IDatabase db, RedisScript script, RedisKey[] keys, RedisValue[] args, long started) =>
        db.ScriptEvaluateAsync(script.Text, keys, [NotAfter(started), .. args], CommandFlags.DemandMaster);

    private RedisValue NotAfter(long started) => _lastProbe is { } probe
        ? probe.RedisTimeNow() + (long)(Left(started) - TimerTick).TotalMilliseconds
        : throw new SessionStoreUnavailableException("Redis is not connected yet.");

    private TimeSpan Left(long started)
    {
        var left = _timeout - Stopwatch.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static SessionStoreUnavailableException NotVerified() =>
        new("Redis is not connected, or has not been verified since it last failed to answer.");

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        try
        {
            return await (_connecting ??= OpenAsync()).WaitAsync(_timeout + ConnectTimeout);
        }
        catch (TimeoutException)
        {
            throw new SessionStoreUnavailableException("Redis is still being connected.");
        }
        catch (Exception e) when (
            e is RedisException or ArgumentException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            _connecting = null;
            throw new SessionStoreUnavailableException($"Redis could not be connected ({e.GetType().Name}).");
        }
    }

    private async Task<ConnectionMultiplexer> OpenAsync()
    {
        var options = server.Clone();
        options.AbortOnConnectFail = false;
        options.ConnectRetry = 1;
        options.ConnectTimeout = (int)(_timeout > ConnectTimeout ? _timeout : ConnectTimeout).TotalMilliseconds;
        options.AsyncTimeout = options.SyncTimeout = (int)_timeout.TotalMilliseconds;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        // Nothing is published: no second connection is needed to hear it.
        options.ConfigurationChannel = "";
        options.CommandMap = CommandMap.Create(["SUBSCRIBE", "PSUBSCRIBE"], available: false);
        // The client counts INFO among the commands for administrators.
        options.AllowAdmin = true;

        var redis = await ConnectionMultiplexer.ConnectAsync(options);
        redis.ConnectionFailed += (_, lost) => Changed(lost, isLost: true);
        redis.ConnectionRestored += (_, found) => Changed(found, isLost: false);
        redis.ConfigurationChanged += (_, _) => Wake();
        redis.HashSlotMoved += (_, _) => Wake();
        return redis;
    }

    /// <summary>
    /// Nobody is served by a replica: that one is gone holds nobody up. When it comes back it may be a master.
    /// </summary>
    private void Changed(ConnectionFailedEventArgs change, bool isLost)
    {
        if (isLost && _lastProbe is { } probe && probe.WasReplica(change.EndPoint))
            Wake();
        else
            Doubt();
    }

    /// <summary>
    /// Something happened: holds calls back until the monitor has had another look, and wakes it. True if it was
    /// verified until now.
    /// </summary>
    private bool Doubt()
    {
        bool wasVerified;
        lock (_state)
        {
            _doubts++;
            (wasVerified, _verified) = (_verified is not null, null);
        }

        Wake();
        return wasVerified;
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Another thread has woken the monitor, or the app is stopping.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis did not answer within {Timeout}; calls are held back until it does")]
    private partial void LogTimeout(TimeSpan timeout);
}
