using System.Data.Common;

namespace WebApp.Hosting;

/// <summary>Outside Development the app never changes the schema by itself: it says that an operator has to.</summary>
internal static partial class PendingMigrations
{
    /// <summary>Said once, when the app starts. It is not ready until the database is up to date.</summary>
    public static async Task WarnOfPendingMigrationsAsync(this WebApplication app)
    {
        try
        {
            if (!await Database.IsUpToDateAsync(app.Services))
                LogPending(app.Logger);
        }
        catch (DbException e)
        {
            LogNoAnswer(app.Logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The database is not up to date. Run \"WebApp migrate\": until "
        + "then the app is not ready, and what needs the database fails")]
    private static partial void LogPending(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database did not answer, so the app is not ready: {Why}")]
    private static partial void LogNoAnswer(ILogger logger, string why);
}
