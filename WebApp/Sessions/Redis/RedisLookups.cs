using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Batches look-ups: those that are asked for while one is under way go out together when it is back, as one
/// <c>MGET</c> with one copy of the epoch. One write, one reply and one wait serve many requests.
/// </summary>
/// <remarks>
/// A look-up waits at most for the batch under way and its own. A batch has the time of its oldest look-up, so each one
/// ends within <see cref="SessionPolicy.CommandTimeout"/>. A batch that fails fails nothing but its own look-ups.
/// The keys of one command must lie in one slot: on Cluster each hash tag has batches of its own.
/// </remarks>
internal sealed class RedisLookups(RedisConnection connection)
{
    /// <summary>Bounds the reply: a record has some 600 bytes, and rarely more than a few thousand.</summary>
    public const int MaxBatch = 256;

    /// <summary>All tags have copies of the same epoch. On a single server the copy of this one serves all.</summary>
    private const int AnyTag = 0;

    private readonly ObjectPool<Lookup> _pool =
        new DefaultObjectPool<Lookup>(new DefaultPooledObjectPolicy<Lookup>(), 4 * MaxBatch);
    private readonly Queue?[] _queues = new Queue?[RedisKeys.Tags];

    /// <summary>What is under the key, which lies with the hash tag; and the epoch.</summary>
    /// <exception cref="SessionStoreUnavailableException">Redis did not answer in time.</exception>
    public ValueTask<RedisLookup> FindAsync(RedisKey key, int tag)
    {
        var lookup = _pool.Get();
        lookup.Start(_pool, key);
        var queueTag = connection.IsSingleServer ? AnyTag : tag;
        var queue = Volatile.Read(ref _queues[queueTag])
            ?? Interlocked.CompareExchange(ref _queues[queueTag], new(connection, queueTag), null)
            ?? _queues[queueTag]!;
        queue.Add(lookup);
        return lookup.Task;
    }

    private sealed class Queue(RedisConnection connection, int tag) : IThreadPoolWorkItem
    {
        private readonly Lock _gate = new();
        private readonly RedisKey _epoch = RedisKeys.EpochOf(tag);
        private Batch _waiting = new();
        private int _underWay;

        public void Add(Lookup lookup)
        {
            Batch full;
            lock (_gate)
            {
                _waiting.Add(lookup);
                if (_underWay > 0 && _waiting.Lookups.Count < MaxBatch)
                    return;

                full = Take();
            }

            Send(full);
        }

        private Batch Take()
        {
            var batch = _waiting;
            (_waiting, _underWay) = (new(), _underWay + 1);
            return batch;
        }

        private void Send(Batch batch)
        {
            // A batch belongs to no request: its context must not flow into the batches that follow.
            using (ExecutionContext.SuppressFlow())
                _ = SendAsync(batch);
        }

        private async Task SendAsync(Batch batch)
        {
            RedisValue[] found = [];
            Exception? failure = null;
            try
            {
                found = await connection.GetAsync(batch.KeysWith(_epoch), batch.Since);
            }
            catch (Exception e)
            {
                failure = e;
            }

            bool isNextWaiting;
            lock (_gate)
            {
                isNextWaiting = _underWay == 1 && _waiting.Lookups.Count > 0;
                if (!isNextWaiting)
                    _underWay--;
            }

            // The next batch goes out behind the requests that are ready to run, so that theirs come along.
            if (isNextWaiting)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            batch.Complete(tag, found, failure);
        }

        /// <summary>Takes the place of the batch that has come back.</summary>
        void IThreadPoolWorkItem.Execute()
        {
            Batch next;
            lock (_gate)
            {
                _underWay--;
                next = Take();
            }

            Send(next);
        }
    }

    private sealed class Batch
    {
        public List<Lookup> Lookups { get; } = [];

        /// <summary>When the first look-up was added.</summary>
        public long Since { get; private set; }

        public void Add(Lookup lookup)
        {
            if (Lookups.Count == 0)
                Since = Stopwatch.GetTimestamp();
            Lookups.Add(lookup);
        }

        public RedisKey[] KeysWith(RedisKey epoch)
        {
            var keys = new RedisKey[Lookups.Count + 1];
            keys[0] = epoch;
            for (var i = 0; i < Lookups.Count; i++)
                keys[i + 1] = Lookups[i].Key;
            return keys;
        }

        /// <summary>
        /// The callers go on on threads of their own, so that one that blocks holds up no other; the last one goes on
        /// here, which saves a change of threads.
        /// </summary>
        public void Complete(int tag, RedisValue[] found, Exception? failure)
        {
            for (var i = 0; i < Lookups.Count; i++)
            {
                var isLast = i == Lookups.Count - 1;
                if (failure is null)
                    Lookups[i].Succeed(new(found[i + 1], found[0], tag), inline: isLast);
                else
                    Lookups[i].Fail(failure, inline: isLast);
            }
        }
    }

    private sealed class Lookup : IValueTaskSource<RedisLookup>
    {
        private ObjectPool<Lookup>? _pool;
        private ManualResetValueTaskSourceCore<RedisLookup> _core;

        public RedisKey Key { get; private set; }

        public ValueTask<RedisLookup> Task => new(this, _core.Version);

        public void Start(ObjectPool<Lookup> pool, RedisKey key) => (_pool, Key) = (pool, key);

        public void Succeed(RedisLookup found, bool inline)
        {
            _core.RunContinuationsAsynchronously = !inline;
            _core.SetResult(found);
        }

        /// <summary>Each caller gets an exception of its own: a shared one would collect the traces of all.</summary>
        public void Fail(Exception failure, bool inline)
        {
            _core.RunContinuationsAsynchronously = !inline;
            _core.SetException(failure is SessionStoreUnavailableException
                ? new SessionStoreUnavailableException(failure.Message)
                : failure);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        public RedisLookup GetResult(short token)
        {
            try
            {
                return _core.GetResult(token);
            }
            finally
            {
                _core.Reset();
                _pool!.Return(this);
            }
        }
    }
}
