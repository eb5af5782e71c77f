using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Audit;

namespace WebApp.Accounts.Factors;

/// <summary>
/// Asks for a passkey and judges the answer. The question travels through the browser, sealed: for one use, minutes long, and good once, whatever
/// the answer is. So an answer that somebody recorded is worth nothing, also of a passkey that does not count its uses.
/// </summary>
/// <remarks>SignInManager's methods would keep the question in a cookie that opens as often as it is sent.</remarks>
public sealed partial class PasskeyProofs(
    IPasskeyHandler<AppUser> handler, IOptions<IdentityPasskeyOptions> options, AppDbContext db, OneTimeTokens tokens, AuditLog audit, TimeProvider clock,
    ILogger<PasskeyProofs> logger)
{
    /// <summary>What a passkey proves identity by, as a method of RFC 8176.</summary>
    internal const string Method = "hwk";

    /// <summary>passkeys.js asks anew before that, for as long as the page is open.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>A question for a browser. Stores nothing, and for an unknown user says nothing of any account.</summary>
    /// <param name="context">The request.</param>
    /// <param name="user">Whose passkey is asked for; null: anybody's.</param>
    /// <param name="use">What a right answer is good for; the answer has to be for the same.</param>
    public async Task<PasskeyQuestion> AskAsync(HttpContext context, AppUser? user, string use)
    {
        var made = await handler.MakeRequestOptionsAsync(user, context);
        var content = string.Join('\n', use, PasskeyQuestion.ChallengeOf(made.RequestOptionsJson), made.AssertionState);
        return new(made.RequestOptionsJson, tokens.Seal(TokenPurpose.UsePasskey, user, Lifetime, content));
    }

    /// <summary>Whose passkey the answer names, by itself no proof; null when it is nobody's. Reads nothing else of the account.</summary>
    public Task<Guid?> FindOwnerIdAsync(PasskeyAnswer answer) =>
        db.UserPasskeys.Where(p => p.CredentialId == answer.CredentialId).Select(p => (Guid?)p.UserId).SingleOrDefaultAsync();

    /// <summary>Takes the question back, so that it is good for one answer; null when it is too old, was answered, or is about another user or use.</summary>
    public async Task<TakenQuestion?> TakeAsync(AppUser? user, string use, string? state)
    {
        if (await tokens.OpenAsync(TokenPurpose.UsePasskey, state) is not { } token || token.User?.Id != user?.Id)
            return null;

        var parts = token.Content.Split('\n', 3);
        return parts[0] == use && await tokens.SpendAsync(token) ? new(token.User, parts[1], parts[2]) : null;
    }

    /// <summary>
    /// Whose passkey it was; null when the answer does not fit the question, this site or the user, which is written down. A right answer is noted
    /// as a use of the passkey.
    /// </summary>
    public async Task<AppUser?> JudgeAsync(HttpContext context, TakenQuestion question, PasskeyAnswer? answer)
    {
        if (answer is null)
        {
            await RefuseAsync(context, question.User?.Id, "it could not be read");
            return null;
        }

        var result = await handler.PerformAssertionAsync(new() { HttpContext = context, CredentialJson = answer.Json, AssertionState = question.State });
        if (!result.Succeeded)
        {
            var ownerId = await FindOwnerIdAsync(answer);
            await RefuseAsync(context, question.User?.Id ?? ownerId, await WhyAsync(context, question, answer, ownerId));
            return null;
        }

        if (!await NoteUseAsync(result.User.Id, result.Passkey))
        {
            await RefuseAsync(context, result.User.Id, "it was being removed");
            return null;
        }

        return result.User;
    }

    /// <summary>Writes it down; without a known user only in the log, which anybody could fill otherwise.</summary>
    public async Task RefuseAsync(HttpContext context, Guid? subjectId, string why)
    {
        LogRefused(subjectId, why);
        if (subjectId is null)
            return;

        await audit.AppendAsync(AuditEntries.About(context, subjectId, AuditAction.PasskeyRefused) with { Method = Method, Details = why });
    }

    /// <summary>The framework says it in a text of its own, with parts of the answer in it.</summary>
    private async Task<string> WhyAsync(HttpContext context, TakenQuestion question, PasskeyAnswer answer, Guid? ownerId) =>
        ownerId is null ? "it is not known"
        : question.User is { } user && user.Id != ownerId ? "it belongs to another account"
        : !await IsOfThisSiteAsync(context, answer) ? "it was used on another site"
        : !string.Equals(answer.Challenge, question.Challenge, StringComparison.Ordinal) ? "it answered another question"
        : answer.UserVerified is false ? "the device did not check who was there"
        : "its answer was not valid";

    internal async Task<bool> IsOfThisSiteAsync(HttpContext context, PasskeyAnswer answer) => options.Value.ValidateOrigin is not { } validate
        || await validate(new() { HttpContext = context, Origin = answer.Origin ?? "", CrossOrigin = answer.IsFramed, TopOrigin = null });

    /// <summary>
    /// False when the passkey is gone by now. (The user manager would add it again then: a passkey that is removed while it is used would come back.)
    /// </summary>
    private async Task<bool> NoteUseAsync(Guid userId, UserPasskeyInfo passkey)
    {
        var row = await db.UserPasskeys.SingleOrDefaultAsync(p => p.UserId == userId && p.CredentialId == passkey.CredentialId);
        if (row is null)
            return false;

        (row.Data.SignCount, row.Data.IsBackedUp) = (passkey.SignCount, passkey.IsBackedUp);
        try
        {
            await db.SaveChangesAsync();
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "PasskeyUses" ("CredentialId", "UserId", "LastUsedAt") VALUES ({passkey.CredentialId}, {userId}, {now})
            ON CONFLICT ("CredentialId") DO UPDATE SET "LastUsedAt" = {now}
            """);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A passkey of user {UserId} was refused: {Why}")]
    private partial void LogRefused(Guid? userId, string why);
}

/// <summary>What passkeys.js hands to the browser, and what the form brings back with the answer.</summary>
/// <param name="OptionsJson">By the Web Authentication standard.</param>
/// <param name="State">Sealed.</param>
public sealed record PasskeyQuestion(string OptionsJson, string State)
{
    /// <summary>As a script reads it.</summary>
    public object ToJson() => new { options = JsonSerializer.Deserialize<JsonElement>(OptionsJson), state = State };

    internal static string ChallengeOf(string optionsJson)
    {
        using var options = JsonDocument.Parse(optionsJson);
        return options.RootElement.GetProperty("challenge").GetString()!;
    }
}

/// <param name="User">Whose passkey was asked for, tracked; null: anybody's.</param>
/// <param name="Challenge">As base64url.</param>
/// <param name="State">The framework's.</param>
public sealed record TakenQuestion(AppUser? User, string Challenge, string State);
