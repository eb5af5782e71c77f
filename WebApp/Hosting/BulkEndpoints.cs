using System.Globalization;
using System.Net.Mime;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>What belongs to a bulk request and is no page: its progress for <c>wwwroot/bulk.js</c>, and its report.</summary>
internal static class BulkEndpoints
{
    /// <summary>How long one answer tells of progress. The browser then asks again, and is judged anew.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static void MapBulk(this WebApplication app)
    {
        // A script asks, so it is no use of the session, or a page left open would keep it alive.
        app.MapGet("/admin/bulk/{id:guid}/progress", async (HttpContext context, Guid id, BulkRequests requests, SessionManager sessions, TimeProvider clock) =>
        {
            if (await requests.FindAsync(id) is null)
                return Results.NotFound();
            // Where a proxy holds the events back, the page asks for one at a time.
            if (context.Request.Headers.Accept == MediaTypeNames.Application.Json)
                return await ReadAsync(id, requests, clock) is { } progress ? Results.Json(progress) : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);

            // nginx would collect some kilobytes before it passes anything on.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            return TypedResults.ServerSentEvents(FollowAsync(context, id, requests, sessions, clock, context.RequestAborted));
        }).RequireAuthorization(Roles.Support).WithMetadata(new NotActivityAttribute());

        app.MapGet("/admin/bulk/{id:guid}/report", async (HttpContext context, Guid id, BulkRequests requests, BulkReport report, AuditLog audit) =>
        {
            // Before it has begun nothing has become of anybody: it would be a list of people's addresses, for the asking.
            if (await requests.ProgressAsync(id) is not { Request: { StartedAt: not null } request } progress)
                return Results.NotFound();

            var details = $"report of {progress.Rows.Values.Sum()} rows; {request.Picked}";
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.BulkReportDownloaded, details, StaffMember.Of(context)));
            await WriteReportAsync(context.Response, request, report);
            return Results.Empty;
        }).RequireAuthorization(Roles.Support, RecentSignIn.ForPage);
    }

    private static async IAsyncEnumerable<SseItem<Progress>> FollowAsync(
        HttpContext context, Guid id, BulkRequests requests, SessionManager sessions, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (began, current) = (clock.GetTimestamp(), RequestSession.Of(context).Current!);
        while (await ReadAsync(id, requests, clock) is { } progress)
        {
            yield return new(progress);
            await Task.Delay(Every, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested || clock.GetElapsedTime(began) > LongestAnswer || !await IsLiveAsync(current, sessions, clock))
                yield break;
        }
    }

    /// <summary>Null when it can't be told just now.</summary>
    private static async Task<Progress?> ReadAsync(Guid id, BulkRequests requests, TimeProvider clock)
    {
        try
        {
            return await requests.ProgressAsync(id) is { Request: { } request } progress
                ? new($"{request.State}/{request.Trouble}/{request.CountedTo == int.MaxValue}", progress.Handled, BulkWords.Of(progress, clock.GetUtcNow()))
                : null;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A session that was ended hears no more.</summary>
    private static async Task<bool> IsLiveAsync(UserSession session, SessionManager sessions, TimeProvider clock)
    {
        try
        {
            return await sessions.FindAsync(session.UserId, session.Id) is { Lock: null } found && found.IsLive(clock.GetUtcNow());
        }
        catch (SessionStoreUnavailableException)
        {
            return false;
        }
    }

    private static async Task WriteReportAsync(HttpResponse response, BulkRequest request, BulkReport report)
    {
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"bulk-{request.Id}.csv\"";
        // With the mark by which spreadsheets know UTF-8.
        await using var writer = new StreamWriter(response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        await writer.WriteAsync(CsvLine.Of("row", "e-mail", "user id", "fate", "what it means", "sessions ended", "at (UTC)", "same as row", "the row says"));
        await foreach (var (target, email) in report.ReadAsync(request.Id))
        {
            await writer.WriteAsync(CsvLine.Of(
                target.Row?.ToString(CultureInfo.InvariantCulture),
                email,
                target.UserId?.ToString(),
                BulkWords.Of(target.Fate, request.State),
                target.Fate == BulkFate.Pending && request.IsOver ? "It was stopped before their turn." : BulkWords.Explain(target.Fate),
                target.Fate == BulkFate.Done ? target.Ended.ToString(CultureInfo.InvariantCulture) : null,
                target.At?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                target.SameAs?.ToString(CultureInfo.InvariantCulture),
                target.Text));
        }
    }

    /// <param name="Key">When it changes, the page looks different, and is loaded anew.</param>
    /// <param name="Done">How many people are done.</param>
    /// <param name="Words">How far it is.</param>
    private sealed record Progress(string Key, int Done, string Words);
}
