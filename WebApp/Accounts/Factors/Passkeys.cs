using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;

namespace WebApp.Accounts.Factors;

/// <summary>A person's passkeys: to add, name and remove. What they prove is <see cref="PasskeyProofs"/>' business.</summary>
public sealed class Passkeys(
    IPasskeyHandler<AppUser> handler, PasskeyProofs proofs, AppUserManager users, AppDbContext db, OneTimeTokens tokens, AuditLog audit, TimeProvider clock)
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
            Base64Url.EncodeToString(row.CredentialId), row.Data.Name ?? "Passkey", row.Data.CreatedAt,
            uses.Find(use => use.CredentialId.AsSpan().SequenceEqual(row.CredentialId))?.LastUsedAt, row.Data.IsBackedUp)).OrderByDescending(p => p.AddedAt)];
    }

    public Task<bool> HasAnyAsync(Guid userId) => db.UserPasskeys.AnyAsync(p => p.UserId == userId);

    /// <summary>A question to the browser for a new passkey; null when the person has <see cref="Most"/>.</summary>
    public async Task<PasskeyQuestion?> AskForNewAsync(HttpContext context, AppUser user)
    {
        if (await db.UserPasskeys.CountAsync(p => p.UserId == user.Id) >= Most)
            return null;

        var made = await handler.MakeCreationOptionsAsync(new() { Id = user.Id.ToString(), Name = user.Email!, DisplayName = user.Name }, context);
        var content = JsonSerializer.Serialize(new Content(PasskeyQuestion.ChallengeOf(made.CreationOptionsJson), made.AttestationState!));
        return new(made.CreationOptionsJson, tokens.Seal(TokenPurpose.AddPasskey, user, Lifetime, content));
    }

    /// <summary>Adds what the browser made for the question.</summary>
    /// <param name="context">The request.</param>
    /// <param name="user">Whose it is to be.</param>
    /// <param name="answerJson">From the browser.</param>
    /// <param name="state">Of the question.</param>
    /// <param name="name">For the person to know it by.</param>
    public async Task<PasskeyOutcome> AddAsync(HttpContext context, AppUser user, string? answerJson, string? state, string name)
    {
        if (await tokens.OpenAsync(TokenPurpose.AddPasskey, state) is not { } token || token.User?.Id != user.Id || !await tokens.SpendAsync(token))
            return PasskeyOutcome.TooLate;

        var content = JsonSerializer.Deserialize<Content>(token.Content)!;
        var answer = PasskeyAnswer.Read(answerJson);
        var result = answer is null ? null
            : await handler.PerformAttestationAsync(new() { HttpContext = context, CredentialJson = answer.Json, AttestationState = content.State });
        if (result is not { Succeeded: true, Passkey: { } made } || !await SaveAsync(user, made, name))
        {
            await proofs.RefuseAsync(context, user.Id, $"a new one: {await WhyAsync(context, content, answer)}");
            return PasskeyOutcome.Refused;
        }

        await AuditAsync(context, AuditAction.PasskeyAdded, user.Id, name);
        return PasskeyOutcome.Proved;
    }

    /// <summary>False when the person has no such passkey.</summary>
    public async Task<bool> RenameAsync(HttpContext context, Guid userId, string id, string name)
    {
        if (await FindAsync(userId, id) is not { } row)
            return false;

        var before = row.Data.Name;
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

        await AuditAsync(context, AuditAction.PasskeyRenamed, userId, $"{before} → {name}");
        return true;
    }

    /// <summary>False when the person has no such passkey. One that is removed is refused at once, wherever a sign-in with it is under way.</summary>
    public async Task<bool> RemoveAsync(HttpContext context, AppUser user, string id)
    {
        if (await FindAsync(user.Id, id) is not { } row)
            return false;

        // Of two tabs, one removes it.
        if (await db.UserPasskeys.Where(p => p.UserId == user.Id && p.CredentialId == row.CredentialId).ExecuteDeleteAsync() == 0)
            return false;

        await db.PasskeyUses.Where(u => u.UserId == user.Id && u.CredentialId == row.CredentialId).ExecuteDeleteAsync();
        await AuditAsync(context, AuditAction.PasskeyRemoved, user.Id, row.Data.Name ?? "");
        return true;
    }

    /// <summary>Together with the account, or not at all. (The user manager would save the passkey first, and write over one of the same id.)</summary>
    private async Task<bool> SaveAsync(AppUser user, UserPasskeyInfo made, string name)
    {
        db.UserPasskeys.Add(new()
        {
            UserId = user.Id,
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
        });
        try
        {
            return (await users.UpdateAsync(user)).Succeeded;
        }
        catch (DbUpdateException)
        {
            // The same one came twice, at once: somebody tries things out.
            return false;
        }
    }

    private async Task<string> WhyAsync(HttpContext context, Content content, PasskeyAnswer? answer) =>
        answer is null ? "it could not be read"
        : !await proofs.IsOfThisSiteAsync(context, answer) ? "it was made on another site"
        : !string.Equals(answer.Challenge, content.Challenge, StringComparison.Ordinal) ? "it answered another question"
        : await proofs.FindOwnerIdAsync(answer) is not null ? "it belongs to an account already"
        : answer.UserVerified is false ? "the device did not check who was there"
        : "it was not valid";

    private async Task<IdentityUserPasskey<Guid>?> FindAsync(Guid userId, string id)
    {
        if (!Base64Url.IsValid(id))
            return null;

        var credentialId = Base64Url.DecodeFromChars(id);
        return await db.UserPasskeys.SingleOrDefaultAsync(p => p.UserId == userId && p.CredentialId == credentialId);
    }

    private Task AuditAsync(HttpContext context, AuditAction action, Guid userId, string details) => audit.AppendAsync(new()
    {
        Action = action,
        ActorId = userId,
        SubjectId = userId,
        Address = context.Connection.RemoteIpAddress?.ToString(),
        Details = details,
    });

    private sealed record Content(string Challenge, string State);
}

/// <param name="Id">Public, safe in pages.</param>
/// <param name="Name">As the person calls it.</param>
/// <param name="AddedAt">UTC.</param>
/// <param name="LastUsedAt">UTC; null: never yet.</param>
/// <param name="IsSynced">Whether its provider says that it is kept on more than one device.</param>
public sealed record Passkey(string Id, string Name, DateTimeOffset AddedAt, DateTimeOffset? LastUsedAt, bool IsSynced);
