using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Admin;

/// <summary>
/// What staff read and take out of the audit log. Only an Admin gets whole addresses; others get networks, on screen and in every file, or a file would be
/// the way round asking for one. Whatever leaves as a file is written down first.
/// </summary>
public sealed class AuditDesk(AuditLog audit, AuditVerifier verifier, AuditBundle bundles, AuditKey key, UserManager<AppUser> users, TimeProvider clock)
{
    /// <summary>By user id, which may be that of an account that is gone, or by the whole e-mail address of one that is not; null when there is none.</summary>
    public async Task<Guid?> FindPersonAsync(string text) =>
        Guid.TryParse(ShownText.Of(text), out var id) ? id : (await users.FindByEmailAsync(text))?.Id;

    /// <summary>The mark that a failed sign-in has when no account has the name that was typed.</summary>
    public string MarkOf(string name) => key.MarkOf(users.NormalizeName(name));

    /// <summary>As <see cref="AuditLog.SearchAsync"/>.</summary>
    public async Task<IReadOnlyList<AuditEntry>> SearchAsync(StaffMember staff, AuditFilter filter, long? before, int count) =>
        [.. (await audit.SearchAsync(filter, before, count)).Select(entry => Shown(staff, entry))];

    /// <summary>What fits the filter at this moment, oldest first. That it was asked for is written down before this returns.</summary>
    public async Task<IAsyncEnumerable<AuditEntry>> ExportAsync(StaffMember staff, AuditFilter filter, AuditFormat format)
    {
        var last = await audit.AppendAsync(new()
        {
            Action = AuditAction.AuditExported,
            ActorId = staff.UserId,
            Address = staff.Address?.ToString(),
            CaseReference = filter.CaseReference,
            Details = Cut($"{format}, {filter}"),
        });
        return audit.ReadAsync(filter, last - 1).Select(entry => Shown(staff, entry));
    }

    /// <summary>The entries of one session or case as a signed file. That it was asked for is written down first.</summary>
    /// <param name="staff">Who asks.</param>
    /// <param name="what">A session or a case; with a subject, only what is about that person.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="write">How one entry is written for a data request: as its subject may read it.</param>
    public async Task<BundleResult> MakeBundleAsync(StaffMember staff, AuditFilter what, BundlePurpose purpose, Action<Utf8JsonWriter, AuditEntry> write)
    {
        if (purpose == BundlePurpose.Claim && !staff.IsAdmin)
            return new(BundleOutcome.NotAllowed);

        var entries = await audit.ReadAsync(what, long.MaxValue).Take(AuditBundle.MaxEntries + 1).ToListAsync();
        if (entries.Count > AuditBundle.MaxEntries)
            return new(BundleOutcome.TooMany);
        // What is about nobody is the staff's own: an export of the case, say. That an act was done says no more than the act.
        if (purpose == BundlePurpose.DataRequest)
            entries.RemoveAll(e => e is { SubjectId: null } or { Action: AuditAction.StaffActDone });
        if (entries.Count == 0)
            return new(BundleOutcome.Nothing);

        var people = entries.Select(e => e.SubjectId).OfType<Guid>().Distinct().ToList();
        if (purpose == BundlePurpose.DataRequest && people.Count > 1)
            return new(BundleOutcome.SeveralPeople);

        await audit.AppendAsync(new()
        {
            Action = AuditAction.BundleMade,
            ActorId = staff.UserId,
            // Where it is about one person, that person reads so.
            SubjectId = people is [var one] ? one : null,
            SessionId = what.SessionId,
            Address = staff.Address?.ToString(),
            CaseReference = what.CaseReference,
            Details = Cut($"{purpose}, {what}"),
        });
        var lines = new ArrayBufferWriter<byte>();
        foreach (var entry in entries.Select(entry => Shown(staff, entry)))
            AuditFile.WriteLine(lines, json => Write(purpose, write)(json, entry));
        var facts = new AuditBundleFacts(what.ToString(), purpose == BundlePurpose.Claim ? "a claim: all that was written" : "a data request: what the person may read",
            staff.IsAdmin ? "whole" : "networks only", entries.Count, clock.GetUtcNow(), staff.UserId, await verifier.VerifyAsync());
        return new(BundleOutcome.Made, bundles.Make(facts, lines.WrittenSpan));
    }

    private static Action<Utf8JsonWriter, AuditEntry> Write(BundlePurpose purpose, Action<Utf8JsonWriter, AuditEntry> asSubject) =>
        purpose == BundlePurpose.Claim ? AuditFile.WriteEntry : asSubject;

    /// <summary>The details of a session that moved, or of a warning, have addresses among their words.</summary>
    private static AuditEntry Shown(StaffMember staff, AuditEntry entry) => staff.IsAdmin ? entry : entry with
    {
        Address = NetworkOf(entry.Address),
        Details = entry.Details is { } details ? string.Join(' ', details.Split(' ').Select(NetworkOf)) : null,
    };

    private static string? NetworkOf(string? text) =>
        text is not null && (text.Count(c => c == '.') == 3 || text.Contains(':')) && IPAddress.TryParse(text, out var address) ? Network.Describe(Network.Of(address)) : text;

    private static string Cut(string text) => text.Length <= AuditEntry.MaxDetailsLength ? text : text[..AuditEntry.MaxDetailsLength];
}

/// <summary>What a bundle is made for.</summary>
public enum BundlePurpose
{
    /// <summary>What the person may read of it.</summary>
    DataRequest,

    /// <summary>All that was written. For an Admin only.</summary>
    Claim,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="File">The ZIP file, if it was made.</param>
public sealed record BundleResult(BundleOutcome Outcome, byte[]? File = null);

public enum BundleOutcome
{
    Made,
    NotAllowed,

    /// <summary>No entry fits.</summary>
    Nothing,

    /// <summary>More than <see cref="AuditBundle.MaxEntries"/>.</summary>
    TooMany,

    /// <summary>A data request is one person's, and the entries are not about one only.</summary>
    SeveralPeople,
}
