using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts;

/// <summary>
/// How often one mailbox gets a link, by whatever form: limits per address don't stop whoever asks from many addresses. Nobody misses what is not
/// sent, for the link before is still good.
/// </summary>
public sealed class MailedLinks(AppDbContext db, TimeProvider clock)
{
    /// <summary>Between two links that somebody asked for.</summary>
    public static readonly TimeSpan Asked = TimeSpan.FromMinutes(1);

    /// <summary>Between two mails that nobody asked for.</summary>
    public static readonly TimeSpan Unasked = TimeSpan.FromMinutes(10);

    /// <summary>Whether it is time for another link that somebody asks for. Takes nothing.</summary>
    public bool IsDue(AppUser user) => user.LinkMailedAt is not { } last || last <= clock.GetUtcNow() - Asked;

    /// <summary>True for one caller, if it is time for another link: that one mails it.</summary>
    /// <param name="userId">Whose mailbox.</param>
    /// <param name="pause">Since the last one.</param>
    public Task<bool> TryTakeAsync(Guid userId, TimeSpan pause) => TryTakeAsync(userId, pause, clock.GetUtcNow());

    /// <summary>
    /// As <see cref="TryTakeAsync(Guid, TimeSpan)"/>, for mail without a link that strangers can cause: it must not keep the owner waiting who asks
    /// for one.
    /// </summary>
    public Task<bool> TryTakeForNoticeAsync(Guid userId) => TryTakeAsync(userId, Unasked, clock.GetUtcNow() - Asked);

    private async Task<bool> TryTakeAsync(Guid userId, TimeSpan pause, DateTimeOffset mailedAt)
    {
        var latest = clock.GetUtcNow() - pause;
        return await db.Users.Where(u => u.Id == userId && (u.LinkMailedAt == null || u.LinkMailedAt <= latest))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LinkMailedAt, mailedAt)) == 1;
    }
}
