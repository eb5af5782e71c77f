using Microsoft.Data.Sqlite;
using SQLitePCL;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// The answer while sessions can't be looked up: 503, a calm static page, and the cookie left alone. It needs neither authentication nor a view,
/// for both would ask the store again.
/// </summary>
internal static class UnavailablePage
{
    /// <summary>Seconds that clients are asked to wait.</summary>
    private const string RetryAfter = "5";

    /// <summary>Answers when a page's work met an unreachable store or database, and while the key ring has never been read.</summary>
    public static void UseUnavailablePage(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (!app.Services.GetRequiredService<KeyRingGate>().IsOpen)
        {
            await AnswerAsync(app, context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception e) when (IsOutage(e) && !context.Response.HasStarted)
        {
            context.Response.Clear();
            await AnswerAsync(app, context);
        }
    });

    /// <summary>Right behind authentication: stops a request whose cookie could not be judged. Those without a cookie never notice.</summary>
    public static void UseUnavailablePageForUnknownSessions(this WebApplication app) => app.Use((context, next) =>
        RequestSession.Of(context).IsUnavailable ? AnswerAsync(app, context) : next(context));

    /// <summary>The session store or the database can't serve just now. (A database that works but refuses is a mistake of ours, and a 500.)</summary>
    private static bool IsOutage(Exception e) => e is SessionStoreUnavailableException || e.GetBaseException() is SqliteException
    {
        SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN,
    };

    private static Task AnswerAsync(WebApplication app, HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = RetryAfter;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.SendFileAsync(app.Environment.WebRootFileProvider.GetFileInfo("unavailable.html"));
    }
}
