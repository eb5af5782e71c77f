using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts.Factors;

/// <summary>Codes for the day when no other second factor is at hand. Each is good once; the database has only hashes of them.</summary>
public sealed class RecoveryCodes(AppDbContext db, OneTimeTokens tokens, TimeProvider clock)
{
    /// <summary>How many there are of a set.</summary>
    public const int PerSet = 10;

    /// <summary>With as many left, or fewer, it is time for a new set.</summary>
    public const int Few = 3;

    /// <summary>Bytes: 120 bits. A code of 112 or more may be kept under a fast hash (ASVS 5.0, 6.5.2).</summary>
    private const int CodeSize = 15;

    private const int GroupSize = 6;

    private static readonly TimeSpan SheetTime = TimeSpan.FromMinutes(15);

    /// <summary>How many of the person's are still good.</summary>
    public Task<int> CountAsync(Guid userId) => db.RecoveryCodes.CountAsync(code => code.UserId == userId && code.UsedAt == null);

    /// <summary>True for exactly one caller, if it is a code of the person's that is still good. As it was printed, or as people type it.</summary>
    public async Task<bool> SpendAsync(Guid userId, string typed)
    {
        var (hash, now) = (HashOf(typed), clock.GetUtcNow());
        return await db.RecoveryCodes.Where(code => code.UserId == userId && code.Hash == hash && code.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(code => code.UsedAt, now)) == 1;
    }

    /// <summary>A file to keep them in, for a while after they were made; null for what <see cref="SheetOf"/> did not seal for this person.</summary>
    public async Task<string?> OpenSheetAsync(AppUser user, string? text) =>
        await tokens.OpenAsync(TokenPurpose.RecoveryCodes, text) is { } token && token.User?.Id == user.Id ? token.Content : null;

    /// <summary>The codes as they are shown, once. Nothing of it is kept here.</summary>
    internal RecoverySheet SheetOf(AppUser user, IReadOnlyList<string> codes) =>
        new(codes, tokens.Seal(TokenPurpose.RecoveryCodes, user, SheetTime, string.Join('\n', codes)));

    /// <summary>New codes in the place of the old ones, as soon as the context is saved.</summary>
    internal async Task<IReadOnlyList<string>> ReplaceAsync(Guid userId)
    {
        await RemoveAsync(userId);
        var codes = Enumerable.Range(0, PerSet).Select(_ => Base32.Encode(RandomNumberGenerator.GetBytes(CodeSize))).ToList();
        db.RecoveryCodes.AddRange(codes.Select(code => new RecoveryCode { UserId = userId, Hash = HashOf(code), CreatedAt = clock.GetUtcNow() }));
        return [.. codes.Select(code => Base32.Group(code, GroupSize, '-'))];
    }

    /// <summary>No code is good any more, as soon as the context is saved. Used ones stay, so that nothing brings them back.</summary>
    internal async Task RemoveAsync(Guid userId) =>
        db.RecoveryCodes.RemoveRange(await db.RecoveryCodes.Where(code => code.UserId == userId && code.UsedAt == null).ToListAsync());

    internal Task<bool> HasAnyAsync(Guid userId) => db.RecoveryCodes.AnyAsync(code => code.UserId == userId && code.UsedAt == null);

    private static byte[] HashOf(string typed) => SHA256.HashData(Encoding.UTF8.GetBytes(Base32.Normalise(typed)));
}

/// <summary>A person's new recovery codes, for the one page that shows them.</summary>
/// <param name="Codes">In groups, as people copy them.</param>
/// <param name="Sealed">The same, for the form that sends them back to be downloaded.</param>
public sealed record RecoverySheet(IReadOnlyList<string> Codes, string Sealed);
