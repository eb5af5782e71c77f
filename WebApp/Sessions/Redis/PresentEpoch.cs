namespace WebApp.Sessions.Redis;

/// <summary>Which epoch it is, as the copies in Redis say, or the database where a copy is missing.</summary>
internal sealed class PresentEpoch(RedisConnection connection, RedisScripts scripts, RevocationJournal journal)
{
    private readonly RedisEpochs _epochs = new(connection.EvaluateAsync, scripts);
    private Known _known = new([0, 0, 0, 0], SessionEpoch.First);

    /// <summary>
    /// What the hash tag's copy says, which was read with something else. There is hardly ever another one than the
    /// last time.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">It is missing, and the database did not answer.</exception>
    public async ValueTask<SessionEpoch> ReadAsync(int tag, byte[]? copy) => Of(copy) ?? await TellAsync(tag);

    /// <summary>Gives a hash tag its copy, which is missing.</summary>
    public async Task<SessionEpoch> TellAsync(int tag)
    {
        var epoch = await journal.ReadEpochAsync();
        // A database from a backup may be behind the other copies.
        if (_known.Epoch is var known && known.Number > epoch.Number)
            epoch = known;
        await _epochs.TellAsync(epoch, tag);
        return epoch;
    }

    private SessionEpoch? Of(byte[]? copy)
    {
        if (copy is not { Length: > 0 })
            return null;

        var known = _known;
        if (copy.AsSpan().SequenceEqual(known.Copy))
            return known.Epoch;

        var epoch = RedisEpochs.Read(copy);
        if (epoch.Number >= known.Epoch.Number)
            _known = new(copy, epoch);
        return epoch;
    }

    private sealed record Known(byte[] Copy, SessionEpoch Epoch);
}
