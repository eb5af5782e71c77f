using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Accounts.Browsers;

/// <summary>
/// Knows browsers again: so that a stranger's guesses don't lock the owner out, that a new device is told of, and that a second factor need not be
/// shown every day. The cookie proves nothing else, and is worth nothing without the password.
/// </summary>
public sealed class KnownBrowsers(AppDbContext db, IDataProtectionProvider dataProtection, IOptions<KnownBrowserOptions> options, TimeProvider clock)
{
    /// <summary>How long a browser is asked for no second factor when its person said so.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromDays(30);

    /// <summary>A browser that has not signed in for this long is a new one.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(180);

    /// <summary>Of one person; the one that signed in longest ago is forgotten first.</summary>
    public const int Most = 100;

    private const int SecretSize = 32;

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Accounts.KnownBrowsers.v1");

    /// <summary>The row of this request's browser for that person; null if they have not signed in in it. Asks the database only if there is a cookie of ours.</summary>
    public async Task<KnownBrowser?> FindAsync(HttpContext context, Guid userId)
    {
        if (HashOfCookie(context) is not { } hash)
            return null;

        var oldest = clock.GetUtcNow() - KeptFor;
        return await db.KnownBrowsers.AsNoTracking().SingleOrDefaultAsync(b => b.UserId == userId && b.Hash == hash && b.LastSignInAt > oldest);
    }

    /// <summary>Whether the person has signed in here and said within <see cref="RememberedFor"/> that no second factor need be shown here.</summary>
    public async Task<bool> IsRememberedAsync(HttpContext context, Guid userId) =>
        (await FindAsync(context, userId))?.RememberedUntil > clock.GetUtcNow();

    /// <summary>
    /// A sign-in is complete in this browser: notes it, and gives the browser a new cookie in the place of the one it came with. So a cookie that
    /// was planted or copied before is worth nothing after.
    /// </summary>
    public async Task<BrowserRecognition> NoteSignInAsync(HttpContext context, Guid userId, bool remember)
    {
        var (now, secret) = (clock.GetUtcNow(), RandomNumberGenerator.GetBytes(SecretSize));
        var (before, after) = (HashOfCookie(context), SHA256.HashData(secret));
        var device = Cut(Device.Parse(context.Request.Headers.UserAgent.ToString()).ToString());
        var until = remember ? now + RememberedFor : (DateTimeOffset?)null;
        var known = before is not null && await db.KnownBrowsers.Where(b => b.UserId == userId && b.Hash == before).ExecuteUpdateAsync(set => set
            .SetProperty(b => b.Device, device)
            .SetProperty(b => b.LastSignInAt, now)
            .SetProperty(b => b.RememberedUntil, b => until ?? b.RememberedUntil)) == 1;
        // Those who share this browser are known by the new cookie, too.
        if (before is not null)
            await db.KnownBrowsers.Where(b => b.Hash == before).ExecuteUpdateAsync(set => set.SetProperty(b => b.Hash, after));

        // Not told by whether there are other rows: they are removed in time, and a sign-in after that is one to tell of.
        var first = await db.Users.Where(u => u.Id == userId && u.FirstSignInAt == null).ExecuteUpdateAsync(set => set.SetProperty(u => u.FirstSignInAt, now)) == 1;
        if (!known)
            await AddAsync(new() { UserId = userId, Hash = after, Device = device, FirstSignInAt = now, LastSignInAt = now, RememberedUntil = until });

        var cookie = options.Value.Cookie.Build(context, now);
        context.Response.Cookies.Append(options.Value.Cookie.Name!, WebEncoders.Base64UrlEncode(_protector.Protect(secret)), cookie);
        return known ? BrowserRecognition.Known : first ? BrowserRecognition.First : BrowserRecognition.New;
    }

    /// <summary>Those that are asked for no second factor, signed in last first.</summary>
    public async Task<IReadOnlyList<KnownBrowser>> ListRememberedAsync(Guid userId)
    {
        var now = clock.GetUtcNow();
        return await db.KnownBrowsers.AsNoTracking().Where(b => b.UserId == userId && b.RememberedUntil > now).OrderByDescending(b => b.LastSignInAt).ToListAsync();
    }

    /// <summary>The browser is asked for a second factor again; false when it was already, or never was the person's.</summary>
    public async Task<bool> ForgetAsync(Guid userId, Guid id) =>
        await db.KnownBrowsers.Where(b => b.UserId == userId && b.Id == id && b.RememberedUntil != null)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.RememberedUntil, (DateTimeOffset?)null)) == 1;

    /// <summary>All of the person's browsers are asked for a second factor again.</summary>
    public Task ForgetAllAsync(Guid userId) =>
        db.KnownBrowsers.Where(b => b.UserId == userId && b.RememberedUntil != null)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.RememberedUntil, (DateTimeOffset?)null));

    private async Task AddAsync(KnownBrowser browser)
    {
        db.KnownBrowsers.Add(browser);
        await db.SaveChangesAsync();
        var surplus = await db.KnownBrowsers.Where(b => b.UserId == browser.UserId).OrderByDescending(b => b.LastSignInAt).Skip(Most).Select(b => b.Id).ToListAsync();
        if (surplus.Count > 0)
            await db.KnownBrowsers.Where(b => surplus.Contains(b.Id)).ExecuteDeleteAsync();
    }

    private byte[]? HashOfCookie(HttpContext context)
    {
        try
        {
            return context.Request.Cookies[options.Value.Cookie.Name!] is { Length: > 0 and < 512 } value
                ? SHA256.HashData(_protector.Unprotect(WebEncoders.Base64UrlDecode(value)))
                : null;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static string Cut(string device) => device.Length <= KnownBrowser.MaxDeviceLength ? device : device[..KnownBrowser.MaxDeviceLength];
}

/// <summary>How the browser is told; see <see cref="AccountsSetup"/>.</summary>
public sealed class KnownBrowserOptions
{
    public CookieBuilder Cookie { get; set; } = new();
}
