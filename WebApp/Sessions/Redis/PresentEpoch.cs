namespace WebApp.Sessions.Redis;

/// <summary>Which epoch it is, as the copies in Redis say, or the database where a copy is missing.</summary>
internal sealed class PresentEpoch(RedisConnection connection, RedisScripts scripts, RevocationJournal journal)
{
    private readonly RedisEpochs _epochs = new(connection.EvaluateAsync, scripts);
    private Known _known = new([0, 0, 0, 0], SessionEpoch.First);

    /// <summary>
    /// What the copy says that was read with something of the user's. There is hardly ever another one than the last
    /// time.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">It is missing, and the database did not answer.</exception>
    public async ValueTask<SessionEpoch> ReadAsync(Guid userId, byte[]? copy) => Of(copy) ?? await TellAsync(userId);

    /// <summary>As the other, for whatever lies with a hash tag.</summary>
    public async ValueTask<SessionEpoch> ReadAsync(int tag, byte[]? copy) => Of(copy) ?? await TellAsync(tag);

    /// <summary>Gives the user's hash tag its copy, which is missing.</summary>
    public Task<SessionEpoch> TellAsync(Guid userId) => TellAsync(RedisKeys.TagOf(userId));

    /// <summary>Gives a hash tag its copy, which is missing.</summary>
    public async Task<SessionEpoch> TellAsync(int tag)
    {
        var epoch = await journal.ReadEpochAsync();
        await _epochs.TellAsync(epoch, tag);
        return epoch;
    }

    private SessionEpoch? Of(byte[]? copy)
    {
        if (copy is not { Length: > 0 })
            return null;

        var known = _known;
        if (!copy.AsSpan().SequenceEqual(known.Copy))
            _known = known = new(copy, RedisEpochs.Read(copy));
        return known.Epoch;
    }

    private sealed record Known(byte[] Copy, SessionEpoch Epoch);
}
