using System.Buffers.Binary;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Hears which users' sessions have changed, and lends <see cref="SessionCache"/> its trust for as long as it is certain to hear.
/// </summary>
/// <remarks>
/// <para>
/// The script that changes a session also publishes it (<see cref="RedisScripts.News"/>). Whether such news would arrive is tried five times a
/// second: a heartbeat goes out by a script to every master, in the way that news goes, and what comes back proves that all that was
/// published there before it has arrived. Trust lasts <see cref="Lease"/> from when the last one was sent, so it ends by itself when anything on
/// the way hangs, breaks, or is slow: Redis, the network, the subscription, or this process. While no requests come no
/// heartbeat goes out either;
/// news is heard all the same.
/// </para>
/// <para>
/// The client mends a broken subscription silently, and what was published meanwhile is lost. It counts its sockets: if there is a new one since the
/// heartbeat before was sent, everything is forgotten.
/// </para>
/// <para>
/// On a Cluster news travels from node to node, and a message lost between them is told to nobody. So entries live for
/// <see cref="LifeOnCluster"/> only.
/// </para>
/// </remarks>
internal sealed partial class RedisInvalidations(
    RedisConnection connection,
    RedisScripts scripts,
    SessionCache cache,
    TimeProvider clock,
    ILogger<RedisInvalidations> logger)
    : BackgroundService
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LifeOnCluster = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private const int GuidSize = 16;
    private const int BeatSize = GuidSize + sizeof(int) + sizeof(long) + sizeof(long);
    private static readonly RedisChannel Channel = new(RedisScripts.News, RedisChannel.PatternMode.Literal);

    private readonly byte[] _me = Guid.NewGuid().ToByteArray();
    private readonly Lock _state = new();
    private Route[] _routes = [];
    private bool _subscribed;
    private bool _isHearing;
    private bool _saidFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!cache.IsOn)
            return;

        connection.Doubted += (_, _) => cache.Distrust();
        try
        {
            while (true)
            {
                await TryBeatAsync();
                await Task.Delay(Interval, stoppingToken);
                if (cache.IsTrusted != _isHearing)
                    LogHearing(_isHearing = !_isHearing);
                await cache.UntilUsedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }

    private async Task TryBeatAsync()
    {
        try
        {
            await SubscribeAsync();
            RedisKey[] keys = await connection.RunAsync(db => Task.FromResult(KeysOfMasters(db.Multiplexer)));
            lock (_state)
            {
                if (!keys.SequenceEqual(_routes.Select(route => route.Key)))
                {
                    cache.Distrust();
                    _routes = [.. keys.Select(key => new Route(key))];
                }
            }

            await Task.WhenAll(keys.Select((key, number) => connection.RunAsync(db =>
                db.ScriptEvaluateAsync(
                    scripts.Beat.Text, [key], ["", WriteBeat(number, SocketsOf(db.Multiplexer))], CommandFlags.DemandMaster))));
            _saidFailed = false;
        }
        catch (SessionStoreUnavailableException)
        {
            // The monitor says why. Nothing is heard, so nothing is trusted.
        }
        catch (Exception e)
        {
            // As above; and it must not end the app.
            if (!_saidFailed)
                LogFailed(e);
            _saidFailed = true;
        }
    }

    /// <summary>
    /// To a master, for a replica may miss what its master published, and not notice. Not by the connection's guard: whether news can be heard
    /// must not decide whether Redis can be asked.
    /// </summary>
    private async Task SubscribeAsync()
    {
        var redis = await connection.RunAsync(db => Task.FromResult(db.Multiplexer));
        var subscriber = redis.GetSubscriber();
        var at = _subscribed ? subscriber.SubscribedEndpoint(Channel)?.ToString() : null;
        if (connection.Masters.Any(master => master.EndPoint == at))
            return;

        cache.Distrust();
        if (_subscribed)
            await subscriber.UnsubscribeAsync(Channel).WaitAsync(Lease);
        // One that fails may have left its handler behind.
        _subscribed = true;
        await subscriber.SubscribeAsync(Channel, (_, message) => Hear(redis, message!), CommandFlags.DemandMaster).WaitAsync(Lease);
    }

    /// <summary>For every master a key that lies there, among those that sessions have; none if a Cluster does not tell which node has what.</summary>
    private static RedisKey[] KeysOfMasters(IConnectionMultiplexer redis)
    {
        var servers = redis.GetEndPoints().Select(endPoint => redis.GetServer(endPoint)).ToList();
        var nodes = servers.Select(server => server.ClusterConfiguration).FirstOrDefault(nodes => nodes is not null);
        if (nodes is null && servers.Exists(server => server.ServerType == ServerType.Cluster))
            return [];

        var keys = Enumerable.Range(0, RedisKeys.Tags).Select(RedisKeys.AnyOf);
        return [.. nodes is null ? keys.Take(1) : keys.DistinctBy(key => nodes.GetBySlot(key)?.EndPoint)];
    }

    private static long SocketsOf(IConnectionMultiplexer redis) => redis.GetCounters().Subscription.SocketCount;

    private byte[] WriteBeat(int route, long sockets)
    {
        var bytes = new byte[BeatSize];
        _me.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(GuidSize), route);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(GuidSize + sizeof(int)), sockets);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(BeatSize - sizeof(long)), clock.GetTimestamp());
        return bytes;
    }

    private void Hear(IConnectionMultiplexer redis, byte[] message)
    {
        if (message.Length == GuidSize)
        {
            cache.Forget(new(message, bigEndian: true));
        }
        else if (message.AsSpan().SequenceEqual(RedisEpochs.Everyone))
        {
            cache.ForgetAll();
        }
        else if (message.Length == BeatSize && message.AsSpan(0, GuidSize).SequenceEqual(_me))
        {
            HearBeat(
                BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(GuidSize)),
                BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(GuidSize + sizeof(int))),
                BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(BeatSize - sizeof(long))),
                SocketsOf(redis));
        }
    }

    private void HearBeat(int number, long socketsWhenSent, long sentAt, long sockets)
    {
        lock (_state)
        {
            if (number >= _routes.Length || sentAt <= _routes[number].HeardUpTo)
                return;

            var route = _routes[number];
            // Between the heartbeat before and this one the subscription may have been another: what came in between may be lost.
            if (sockets != route.Sockets)
                cache.ForgetAll();
            (route.HeardUpTo, route.Sockets) = (sentAt, socketsWhenSent);

            var heardUpTo = _routes.Min(r => r.HeardUpTo);
            if (heardUpTo > 0)
                cache.Trust(heardUpTo, Lease, _routes.Length == 1 ? TimeSpan.MaxValue : LifeOnCluster);
        }
    }

    [LoggerMessage(40, LogLevel.Information, "Whether sessions may be taken from the local cache, because every change of them is heard of: {IsHearing}")]
    private partial void LogHearing(bool isHearing);

    [LoggerMessage(41, LogLevel.Error, "The heartbeat of the local cache failed; without it each request asks the store")]
    private partial void LogFailed(Exception e);

    /// <summary>The way that the news of one master takes.</summary>
    private sealed class Route(RedisKey key)
    {
        public RedisKey Key => key;

        /// <summary>When the last heartbeat that came back was sent: a timestamp of the cache's clock.</summary>
        public long HeardUpTo { get; set; }

        /// <summary>How many sockets the client had opened for subscriptions when it was sent.</summary>
        public long Sockets { get; set; } = -1;
    }
}
