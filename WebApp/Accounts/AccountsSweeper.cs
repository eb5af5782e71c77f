using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Browsers;

namespace WebApp.Accounts;

/// <summary>Removes, once an hour, what nobody can use any more: accounts that were never confirmed, spent tokens, browsers that are long gone, and old snapshots.</summary>
internal sealed partial class AccountsSweeper(IServiceScopeFactory scopes, TimeProvider clock, ILogger<AccountsSweeper> logger) : BackgroundService
{
    private const int Batch = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private static readonly TimeSpan UnconfirmedFor = TimeSpan.FromDays(7);

    /// <summary>One round.</summary>
    public async Task SweepAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        var now = clock.GetUtcNow();
        var oldest = now - KnownBrowsers.KeptFor;
        await db.SpentTokens.Where(token => token.KeepUntil < now).ExecuteDeleteAsync();
        await db.Snapshots.Where(snapshot => snapshot.KeepUntil < now).ExecuteDeleteAsync();
        await db.KnownBrowsers.Where(browser => browser.LastSignInAt < oldest).ExecuteDeleteAsync();
        // By the latest link: whoever registers late with an address that somebody else registered before has been told of a week, too.
        // In one statement: whoever confirms at this moment keeps the account, or finds the link dead.
        while (await db.Users.Where(user => !user.EmailConfirmed && (user.LinkMailedAt ?? user.CreatedAt) < now - UnconfirmedFor).OrderBy(user => user.Id).Take(Batch).ExecuteDeleteAsync() == Batch)
            await Task.Yield();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync();
            }
#pragma warning disable CA1031 // The next round tries again; the app must not end for it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is out of date could not be removed from the accounts' tables; it is tried again in an hour")]
    private partial void LogFailed(Exception e);
}
