using System.Buffers.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;

namespace WebApp.Accounts.Factors;

/// <summary>A person's passkeys: to add, name and remove. What they prove is <see cref="PasskeyProofs"/>' business.</summary>
public sealed class Passkeys(
    IPasskeyHandler<AppUser> handler, PasskeyProofs proofs, SecondFactors factors, AppDbContext db, OneTimeTokens tokens, AuditLog audit, TimeProvider clock)
{
    public const int MaxNameLength = 60;

    /// <summary>Of one person. Each is a credential that the browser is told of when another is added.</summary>
    public const int Most = 20;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Those of the person, the newest first.</summary>
    public async Task<IReadOnlyList<Passkey>> ListAsync(Guid userId)
    {
        var rows = await db.UserPasskeys.AsNoTracking().Where(p => p.UserId == userId).ToListAsync();
        var uses = await db.PasskeyUses.Where(u => u.UserId == userId).ToListAsync();
        return [.. rows.Select(row => new Passkey(
            Base64Url.EncodeToString(row.CredentialId), NameOf(row), row.Data.CreatedAt,
            uses.Find(use => use.CredentialId.AsSpan().SequenceEqual(row.CredentialId))?.LastUsedAt, row.Data.IsBackedUp)).OrderByDescending(p => p.AddedAt)];
    }

    public Task<bool> HasAnyAsync(Guid userId) => db.UserPasskeys.AnyAsync(p => p.UserId == userId);

    /// <summary>A question to the browser for a new passkey; null when the person has <see cref="Most"/>.</summary>
    public async Task<PasskeyQuestion?> AskForNewAsync(HttpContext context, AppUser user)
    {
        if (await db.UserPasskeys.CountAsync(p => p.UserId == user.Id) >= Most)
            return null;

        var made = await handler.MakeCreationOptionsAsync(new() { Id = user.Id.ToString(), Name = user.Email!, DisplayName = user.Name }, context);
        var content = string.Join('\n', PasskeyQuestion.ChallengeOf(made.CreationOptionsJson), made.AttestationState);
        return new(made.CreationOptionsJson, tokens.Seal(TokenPurpose.AddPasskey, user, Lifetime, content));
    }

    /// <summary>Adds what the browser made for the question.</summary>
    /// <param name="context">The request.</param>
    /// <param name="user">Whose it is to be.</param>
    /// <param name="answerJson">From the browser.</param>
    /// <param name="state">Of the question.</param>
    /// <param name="name">For the person to know it by.</param>
    /// <param name="endOthers">Whether the person's other sessions end.</param>
    public async Task<PasskeyAddition> AddAsync(HttpContext context, AppUser user, string? answerJson, string? state, string name, bool endOthers)
    {
        if (await tokens.OpenAsync(TokenPurpose.AddPasskey, state) is not { } token || token.User?.Id != user.Id || !await tokens.SpendAsync(token))
            return new(PasskeyOutcome.TooLate);

        var parts = token.Content.Split('\n', 2);
        var answer = PasskeyAnswer.Read(answerJson);
        var result = answer is null ? null
            : await handler.PerformAttestationAsync(new() { HttpContext = context, CredentialJson = answer.Json, AttestationState = parts[1] });
        if (result is not { Succeeded: true, Passkey: { } made })
        {
            await proofs.RefuseAsync(context, user.Id, $"a new one: {await WhyAsync(context, challenge: parts[0], answer)}");
            return new(PasskeyOutcome.Refused);
        }

        db.UserPasskeys.Add(RowOf(user.Id, made, name));
        return new(PasskeyOutcome.Proved) { Change = await factors.FactorsChangedAsync(context, user, AuditAction.PasskeyAdded, endOthers, name) };
    }

    /// <summary>False when the person has no such passkey.</summary>
    public async Task<bool> RenameAsync(HttpContext context, Guid userId, string? id, string name)
    {
        if (await FindAsync(userId, id) is not { } row)
            return false;

        var before = NameOf(row);
        row.Data.Name = name;
        try
        {
            await db.SaveChangesAsync();
        }
        catch (DbUpdateConcurrencyException)
        {
            // Removed just now, in another tab.
            return false;
        }

        await audit.AppendAsync(AuditEntries.By(context, userId, AuditAction.PasskeyRenamed) with { Details = $"{before} → {name}" });
        return true;
    }

    /// <summary>The person's passkey; null without such a one.</summary>
    public async Task<string?> FindNameAsync(Guid userId, string? id) => await FindAsync(userId, id) is { } row ? NameOf(row) : null;

    /// <summary>Takes it away. <see cref="FactorsChange.Overtaken"/> when it is gone already, and when it is the last factor and may not go.</summary>
    /// <param name="context">The person's request.</param>
    /// <param name="user">Whose.</param>
    /// <param name="id">Of the passkey.</param>
    /// <param name="turnOff">Whether the person knows that the last factor turns two-factor sign-in off.</param>
    /// <param name="endOthers">Whether the person's other sessions end.</param>
    public async Task<FactorsChange> RemoveAsync(HttpContext context, AppUser user, string? id, bool turnOff, bool endOthers)
    {
        if (await FindAsync(user.Id, id) is not { } row || !(await factors.DescribeAsync(user)).MayLoseOne(turnOff))
            return FactorsChange.Overtaken;

        db.UserPasskeys.Remove(row);
        if (await db.PasskeyUses.FindAsync(row.CredentialId) is { } use)
            db.PasskeyUses.Remove(use);
        return await factors.FactorsChangedAsync(context, user, AuditAction.PasskeyRemoved, endOthers, NameOf(row));
    }

    // The user manager would save it ahead of the account, and write over one of the same id.
    private IdentityUserPasskey<Guid> RowOf(Guid userId, UserPasskeyInfo made, string name) => new()
    {
        UserId = userId,
        CredentialId = made.CredentialId,
        Data = new()
        {
            Name = name,
            PublicKey = made.PublicKey,
            // By our clock; the framework takes the machine's.
            CreatedAt = clock.GetUtcNow(),
            SignCount = made.SignCount,
            Transports = made.Transports,
            IsUserVerified = made.IsUserVerified,
            IsBackupEligible = made.IsBackupEligible,
            IsBackedUp = made.IsBackedUp,
            AttestationObject = made.AttestationObject,
            ClientDataJson = made.ClientDataJson,
        },
    };

    private async Task<string> WhyAsync(HttpContext context, string challenge, PasskeyAnswer? answer) =>
        answer is null ? "it could not be read"
        : !await proofs.IsOfThisSiteAsync(context, answer) ? "it was made on another site"
        : !string.Equals(answer.Challenge, challenge, StringComparison.Ordinal) ? "it answered another question"
        : await proofs.FindOwnerIdAsync(answer) is not null ? "it belongs to an account already"
        : answer.UserVerified is false ? "the device did not check who was there"
        : "it was not valid";

    private async Task<IdentityUserPasskey<Guid>?> FindAsync(Guid userId, string? id)
    {
        if (string.IsNullOrEmpty(id) || !Base64Url.IsValid(id))
            return null;

        var credentialId = Base64Url.DecodeFromChars(id);
        return await db.UserPasskeys.SingleOrDefaultAsync(p => p.UserId == userId && p.CredentialId == credentialId);
    }

    private static string NameOf(IdentityUserPasskey<Guid> row) => row.Data.Name ?? "Passkey";
}

/// <param name="Id">Public, safe in pages.</param>
/// <param name="Name">As the person calls it.</param>
/// <param name="AddedAt">UTC.</param>
/// <param name="LastUsedAt">UTC; null: never yet.</param>
/// <param name="IsSynced">Whether its provider says that it is kept on more than one device.</param>
public sealed record Passkey(string Id, string Name, DateTimeOffset AddedAt, DateTimeOffset? LastUsedAt, bool IsSynced);

/// <summary>What became of a new passkey.</summary>
public sealed record PasskeyAddition(PasskeyOutcome Outcome)
{
    /// <summary>What it did to the account; null unless it was proved.</summary>
    public FactorsChange? Change { get; init; }
}
