using System.Data;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace WebApp.Audit;

/// <summary>
/// Finds out whether the log is as it was written: reads it once, from the last checkpoint to the head, as it stands at one moment, and computes every
/// link anew. A million entries take seconds and no more memory than a few; one runs at a time.
/// </summary>
public sealed class AuditVerifier(AuditLog log, AuditKey key) : IDisposable
{
    /// <summary>What <see cref="AuditRow.Facts"/> is, as the database has it; then the link; then what is personal.</summary>
    private const string Rows = """
        SELECT e."Id", e."At", e."Action", e."ActorId", e."SubjectId", e."SessionId", e."Method", e."Reason", e."CaseReference", e."OriginHash", e."TextHash", e."Chain",
            o."EntryId", o."Salt", o."Address", o."Device", t."EntryId", t."Salt", t."Details", t."Note"
        FROM "AuditLog" e LEFT JOIN "AuditOrigins" o ON o."EntryId" = e."Id" LEFT JOIN "AuditTexts" t ON t."EntryId" = e."Id" ORDER BY e."Id"
        """;

    private const int Facts = 11;
    private const int ChainColumn = 11;
    private const int OriginColumn = 12;
    private const int TextColumn = 16;

    private readonly SemaphoreSlim _turn = new(1);

    /// <param name="expected">A head that was kept elsewhere, and has to be part of the log; null: none.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="AuditChainException">The log has not begun, or there is no key.</exception>
    public async Task<AuditVerdict> VerifyAsync(AuditAnchor? expected = null, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await log.OnAThreadOfItsOwnAsync(db => VerifyAsync(db, expected, cancellationToken));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<AuditVerdict> VerifyAsync(AuditDbContext db, AuditAnchor? expected, CancellationToken cancellationToken)
    {
        // One state of the database for all that is read. SQLite's reading transaction has another name, and holds nobody up.
        await using var snapshot = await db.Database.BeginTransactionAsync(db.Database.IsSqlite() ? IsolationLevel.ReadUncommitted : IsolationLevel.RepeatableRead, cancellationToken);
        var (chain, head) = (key.Chain(), await AuditLog.HeadOf(db));
        var checkpoints = await db.Checkpoints.AsNoTracking().OrderBy(c => c.LastId).ToListAsync(cancellationToken);
        var start = checkpoints.LastOrDefault();
        var verdict = new AuditVerdict(new(start?.LastId ?? 0, start?.Chain ?? AuditChain.Start), start?.At, new(head.LastId, head.Chain), 0, null);
        if (!chain.Fits(head))
            return verdict with { Misfit = new(null, $"the head was not written with the key of {key.Place}, or was changed") };
        if (checkpoints.Find(checkpoint => !chain.Fits(checkpoint)) is { } forged)
            return verdict with { Misfit = new(forged.LastId, "the checkpoint at this entry was not written by the app, or was changed") };

        var known = checkpoints.ConvertAll(c => new AuditAnchor(c.LastId, c.Chain));
        verdict = await WalkAsync(db, snapshot, chain, verdict, expected is null ? null : new(expected, known), cancellationToken);
        return verdict;
    }

    private static async Task<AuditVerdict> WalkAsync(
        AuditDbContext db, IDbContextTransaction snapshot, AuditChain chain, AuditVerdict verdict, Expectation? expected, CancellationToken cancellationToken)
    {
        var forgotten = await ForgottenAsync(db, cancellationToken);
        var (last, link, count) = (verdict.Start.LastId, verdict.Start.Chain, 0L);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = Rows;
        command.CommandTimeout = 0;
        command.Transaction = snapshot.GetDbTransaction();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var values = new object?[reader.FieldCount];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (count % AuditLog.Batch == 0)
                cancellationToken.ThrowIfCancellationRequested();
            reader.GetValues(values!);
            if (WhatIsWrong(chain, values, last, link, verdict, forgotten) is { } wrong)
                return verdict with { Count = count, Misfit = new(values[0] as long?, wrong) };

            (last, link, count) = ((long)values[0]!, (byte[])values[ChainColumn]!, count + 1);
            expected?.Meet(new(last, link));
        }

        verdict = verdict with { Count = count };
        return last != verdict.Head.LastId || !AuditChain.Equal(link, verdict.Head.Chain)
            ? verdict with { Misfit = new(last, $"the log ends here, but its head is entry {verdict.Head.LastId}: what came after is missing") }
            : verdict with { Misfit = expected?.Misfit(verdict) };
    }

    private static string? WhatIsWrong(AuditChain chain, object?[] values, long last, byte[] link, AuditVerdict verdict, Dictionary<string, long> forgotten)
    {
        if (values[0] is not long id || values[ChainColumn] is not byte[] { Length: AuditChain.Bytes } stored)
            return "its id or its link is none";
        if (id <= verdict.Start.LastId)
            return "it lies before the last checkpoint: it should have gone by age, or was put in";
        if (id > verdict.Head.LastId)
            return "it lies behind the head: it was not written by the app";
        if (!AuditChain.Equal(stored, chain.Link(link, values.AsSpan(0, Facts))))
            return last == verdict.Start.LastId
                ? "it was changed or put in, or what came before it is missing"
                : $"it was changed or put in, or what stood between it and entry {last} is missing";
        return PersonalIsWrong(values, OriginColumn, values[9], "where it came from", IsForgotten(values[3]) || IsForgotten(values[4]))
            ?? PersonalIsWrong(values, TextColumn, values[10], "its details or note", IsForgotten(values[4]));

        bool IsForgotten(object? person) => person is not null and not DBNull && forgotten.TryGetValue(PersonOf(person), out var by) && id < by;
    }

    /// <summary>What is personal may be missing only if an entry says that it was removed.</summary>
    private static string? PersonalIsWrong(object?[] values, int column, object? hash, string what, bool mayBeMissing) => (hash, values[column]) switch
    {
        (byte[], null or DBNull) => mayBeMissing ? null : $"{what} was removed, and no entry says why",
        (byte[] written, _) => AuditChain.Equal(written, AuditChain.HashOf(values.AsSpan(column + 1, 3))) ? null : $"{what} was changed",
        (_, null or DBNull) => null,
        _ => $"{what} was put in",
    };

    /// <summary>Whose personal data was removed, and up to which entry.</summary>
    private static async Task<Dictionary<string, long>> ForgottenAsync(AuditDbContext db, CancellationToken cancellationToken) =>
        (await db.Entries.AsNoTracking().Where(e => e.Action == AuditAction.PersonalDataForgotten && e.SubjectId != null)
            .GroupBy(e => e.SubjectId).Select(person => new { person.Key, Last = person.Max(e => e.Id) }).ToListAsync(cancellationToken))
        .ToDictionary(person => PersonOf(person.Key!), person => person.Last, StringComparer.Ordinal);

    private static string PersonOf(object id) => Convert.ToString(id, CultureInfo.InvariantCulture)!.ToUpperInvariant();

    /// <summary>A head from elsewhere, until the walk comes by its entry.</summary>
    private sealed class Expectation(AuditAnchor anchor, IReadOnlyList<AuditAnchor> checkpoints)
    {
        private bool? _isPart = anchor.LastId == 0 ? true : checkpoints.FirstOrDefault(known => known.LastId == anchor.LastId) is { } known ? AuditChain.Equal(known.Chain, anchor.Chain) : null;

        public void Meet(AuditAnchor entry)
        {
            if (entry.LastId == anchor.LastId)
                _isPart = AuditChain.Equal(entry.Chain, anchor.Chain);
        }

        public AuditMisfit? Misfit(AuditVerdict verdict) => _isPart switch
        {
            true => null,
            false => new(anchor.LastId, "it is not the entry that the expected head names: the log was written anew from here or before"),
            null when anchor.LastId > verdict.Head.LastId => new(anchor.LastId, $"the expected head names this entry, but the log ends at entry {verdict.Head.LastId}: its end was cut off"),
            null when anchor.LastId < verdict.Start.LastId => new(anchor.LastId, "the expected head names this entry, which has gone by age: compare a later one"),
            null => new(anchor.LastId, "the expected head names this entry, but there is none"),
        };
    }
}

/// <summary>What became of a verification.</summary>
/// <param name="Start">What the first entry goes on from: the last checkpoint, or the beginning with id 0.</param>
/// <param name="Checkpoint">When that checkpoint was made; null at the beginning.</param>
/// <param name="Head">Where the log ends.</param>
/// <param name="Count">How many entries fit.</param>
/// <param name="Misfit">The first thing that does not fit; null when all is well.</param>
public sealed record AuditVerdict(AuditAnchor Start, DateTimeOffset? Checkpoint, AuditAnchor Head, long Count, AuditMisfit? Misfit)
{
    /// <summary>In one sentence.</summary>
    public override string ToString()
    {
        var from = Checkpoint is { } at ? $"the checkpoint of {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC at entry {Start.LastId}" : "the beginning";
        return Misfit is { } misfit
            ? $"The audit log does not fit: {misfit}. {Count} entries from {from} on fit before."
            : $"The audit log fits: {Count} entries, from {from} to its head, {Head}.";
    }
}

/// <param name="EntryId">Where it was found; null when it is not about one entry.</param>
/// <param name="What">In words, without a full stop.</param>
public sealed record AuditMisfit(long? EntryId, string What)
{
    public override string ToString() => EntryId is { } id ? $"entry {id}: {What}" : What;
}
