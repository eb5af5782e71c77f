using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>
/// The queue's rows in the database, which all instances share. Whoever reads the database sees how many wait, and
/// neither address nor link.
/// </summary>
public sealed class MailRows(
    IServiceScopeFactory scopes, IDataProtectionProvider dataProtection, IOptions<MailOptions> options, TimeProvider clock)
{
    /// <summary>Beyond the longest try, for what it takes to record its end.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Accounts.Mail.MailRows");
    private readonly DateTimeOffset _start = clock.GetUtcNow();
    private readonly long _startStamp = clock.GetTimestamp();

    /// <summary>A clock that is set back must not hold up mail.</summary>
    private DateTimeOffset Now
    {
        get
        {
            var (byClock, byTimer) = (clock.GetUtcNow(), _start + clock.GetElapsedTime(_startStamp));
            return byClock > byTimer ? byClock : byTimer;
        }
    }

    /// <summary>
    /// Adds all in one transaction; returns how many had to go for lack of room. Those that failed before go first, the
    /// oldest of them: mail that no server takes must not keep out mail that one would.
    /// </summary>
    public async Task<int> AddAsync(IReadOnlyList<Letter> letters)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = Db(scope);
        var excess = await db.WaitingMails.CountAsync() + letters.Count - options.Value.QueueSize;
        var removed = excess <= 0 ? 0
            : await db.WaitingMails.Where(m => m.Tries > 0).OrderBy(m => m.Id).Take(excess).ExecuteDeleteAsync();
        var added = letters.OrderBy(letter => letter.Mail.Priority)
            .Take(letters.Count - Math.Max(excess - removed, 0)).ToHashSet();
        db.WaitingMails.AddRange(letters.Where(added.Contains).Select(letter => new WaitingMail
        {
            Priority = letter.Mail.Priority,
            DueAt = DateTimeOffset.UnixEpoch,
            Content = _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(letter)),
        }));
        await db.SaveChangesAsync();
        return removed + letters.Count - added.Count;
    }

    /// <summary>How long until there is something to try; null when nothing waits.</summary>
    public async Task<TimeSpan?> UntilDueAsync(MailPriority lowest)
    {
        await using var scope = scopes.CreateAsyncScope();
        var due = await Db(scope).WaitingMails.Where(m => m.Priority <= lowest)
            .OrderBy(m => m.DueAt).Select(m => (DateTimeOffset?)m.DueAt).FirstOrDefaultAsync();
        return due - Now;
    }

    /// <summary>
    /// The next mail that is due, for one caller among all instances; null when there is none. What was never tried
    /// goes before what failed.
    /// </summary>
    public async Task<WaitingMail?> ClaimAsync(MailPriority lowest)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = Db(scope);
        while (true)
        {
            var now = Now;
            var next = await db.WaitingMails.AsNoTracking().Where(m => m.Priority <= lowest && m.DueAt <= now)
                .OrderBy(m => m.Priority).ThenBy(m => m.Tries).ThenBy(m => m.Id).FirstOrDefaultAsync();
            if (next is null)
                return null;

            var until = now + options.Value.Timeout + Margin;
            if (await db.WaitingMails.Where(m => m.Id == next.Id && m.DueAt == next.DueAt)
                .ExecuteUpdateAsync(set => set.SetProperty(m => m.DueAt, until)) == 1)
                return next;
        }
    }

    /// <summary>Null if the key ring does not open it.</summary>
    public Letter? Open(WaitingMail mail)
    {
        try
        {
            return JsonSerializer.Deserialize<Letter>(_protector.Unprotect(mail.Content));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public async Task DeleteAsync(WaitingMail mail)
    {
        await using var scope = scopes.CreateAsyncScope();
        await Db(scope).WaitingMails.Where(m => m.Id == mail.Id).ExecuteDeleteAsync();
    }

    /// <summary>It failed, and is tried again after the pause.</summary>
    public async Task PostponeAsync(WaitingMail mail, TimeSpan pause, string? trouble)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (tries, due) = (mail.Tries + 1, Now + pause);
        await Db(scope).WaitingMails.Where(m => m.Id == mail.Id)
            .ExecuteUpdateAsync(set => set
                .SetProperty(m => m.Tries, tries).SetProperty(m => m.DueAt, due).SetProperty(m => m.Trouble, trouble));
    }

    /// <summary>The try was cut short by the app's end, and does not count.</summary>
    public async Task ReleaseAsync(WaitingMail mail)
    {
        await using var scope = scopes.CreateAsyncScope();
        await Db(scope).WaitingMails.Where(m => m.Id == mail.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(m => m.DueAt, mail.DueAt));
    }

    public async Task<int> CountAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Db(scope).WaitingMails.CountAsync();
    }

    /// <summary>Of the most recent mail that has any.</summary>
    public async Task<string?> FindTroubleAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Db(scope).WaitingMails.Where(m => m.Trouble != null)
            .OrderByDescending(m => m.Id).Select(m => m.Trouble).FirstOrDefaultAsync();
    }

    private static AppDbContext Db(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<AppDbContext>();
}
