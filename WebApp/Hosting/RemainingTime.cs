using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>How long the session goes on: for <c>wwwroot/deadline.js</c>, which warns before the end.</summary>
internal static class RemainingTime
{
    public const string Path = "/account/remaining";

    public static void MapRemainingTime(this WebApplication app)
    {
        // A script asks, so no answer leads to a page. To ask is no use of the session, or a page left open would keep it alive.
        app.MapGet(Path, (HttpContext context, TimeProvider clock) => Answer(context, RequestSession.Of(context).Current, clock))
            .WithMetadata(new NotActivityAttribute(), new StepUp.ReachableWhileLocked(), new RequiredSecondFactor.ReachableWithout());

        // This one is sent by a person who wants to stay, and counts as any page does.
        app.MapPost(Path, async (HttpContext context, IAntiforgery antiforgery, IUserSessionStore sessions, TimeProvider clock) =>
        {
            if (RequestSession.Of(context) is not { Current: { } current } request)
                return Answer(context, null, clock);
            if (!await antiforgery.IsRequestValidAsync(context))
                return Status(context, StatusCodes.Status400BadRequest);

            await request.Recorded;
            return Answer(context, await sessions.FindAsync(current.UserId, current.Id), clock);
        }).WithMetadata(new RequiredSecondFactor.ReachableWithout());
    }

    /// <summary>Whole seconds, none too many: the deadlines are those that the store judges by.</summary>
    private static IResult Answer(HttpContext context, UserSession? session, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        if (session?.IsLive(now) is not true)
            return Status(context, StatusCodes.Status401Unauthorized);

        // A locked one asks for its person already; that it will end as well is no concern of theirs now.
        return session.Lock is null
            ? Results.Json(new { idle = SecondsTo(session.IdleDeadline, now), absolute = SecondsTo(session.AbsoluteDeadline, now) })
            : Results.NoContent();
    }

    private static long SecondsTo(DateTimeOffset deadline, DateTimeOffset now) => (long)(deadline - now).TotalSeconds;

    private static IResult Status(HttpContext context, int status)
    {
        context.Features.GetRequiredFeature<IStatusCodePagesFeature>().Enabled = false;
        return Results.StatusCode(status);
    }
}
