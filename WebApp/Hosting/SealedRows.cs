using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;

namespace WebApp.Hosting;

/// <summary>
/// Looks, when the app starts and every hour, whether rows of the database were sealed by keys that the ring has no
/// more or can't open: authenticators would be refused, links in mail dead, and nobody would know why.
/// </summary>
internal sealed partial class SealedRows(
    IServiceScopeFactory scopes, KeyRingGate gate, KeyRingInventory inventory, ILogger<SealedRows> logger)
    : BackgroundService
{
    /// <summary>What Data Protection seals begins with four bytes of its own and the id of the key.</summary>
    private const string KeyIdsOf = """
        SELECT DISTINCT substr("ProtectedKey", 5, 16) AS "KeyId", 'authenticators' AS "What" FROM "Authenticators"
        UNION ALL
        SELECT DISTINCT substr("ProtectedFactors", 5, 16), 'snapshots of accounts' FROM "Snapshots"
        UNION ALL
        SELECT DISTINCT substr("Content", 5, 16), 'waiting mail' FROM "WaitingMails"
        """;

    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private static readonly TimeSpan UntilOpen = TimeSpan.FromSeconds(1);

    private volatile string? _trouble;

    /// <summary>What can't be opened; null when all can.</summary>
    public string? Trouble => _trouble;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!gate.IsOpen)
            await Task.Delay(UntilOpen, stoppingToken);

        using var timer = new PeriodicTimer(Pause);
        do
            await LookAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
            var uses = await db.Database.SqlQueryRaw<KeyUse>(KeyIdsOf).ToListAsync(stopping);
            // Of a damaged row not even the key can be told.
            var openable = inventory.ReadOpenable().Select(id => Convert.ToHexString(id.ToByteArray())).ToHashSet();
            var lost = string.Join(
                ", ",
                uses.Where(use => !openable.Contains(Convert.ToHexString(use.KeyId))).Select(use => use.What).Distinct());
            if (lost.Length > 0 && _trouble is null)
                LogLost(lost);
            _trouble = lost.Length > 0 ? $"Keys are missing that have sealed rows of the database: {lost}." : null;
        }
#pragma warning disable CA1031 // A look that fails must not end the app. Others report an outage, and the next round looks again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotLooked(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The key ring has lost keys, or can't open keys, that have sealed "
        + "rows of the database ({What}): such authenticators are refused, such links are dead. Put the keys back, or "
        + "name the certificate that they are encrypted for in DataProtection:PreviousCertificates")]
    private partial void LogLost(string what);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Whether the key ring has all keys could not be looked at")]
    private partial void LogNotLooked(Exception exception);

    private sealed record KeyUse(byte[] KeyId, string What);
}
