using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.RateLimits;

/// <summary>Bounds how often one address may send the forms that endpoints mark as <see cref="Limited"/>: against guessing, spraying and floods.</summary>
/// <remarks>
/// The framework's middleware is not used: it wakes the process ten times a second for limiters of its own, and those
/// count in one process,
/// by a clock that can't be handed in.
/// </remarks>
internal static class RateLimitSetup
{
    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddOptions<RateLimitSettings>().BindConfiguration(RateLimitSettings.Section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RateLimitSettings>, Validation>();
        services.AddSingleton<LocalCounters>().AddSingleton<RateCounters>();
        // Nobody asks for these two where sessions are not in Redis.
        services.AddSingleton(provider => new RedisCounters(provider.GetRequiredService<RedisConnection>()));
        services.AddSingleton(provider => provider.GetRequiredService<RedisCounters>().Scripts);
    }

    /// <summary>
    /// Behind the proxies (whose word on the address counts), routing, and what refuses another site's form: that must not use up its victim's
    /// permits. Ahead of sessions and passwords, which cost.
    /// </summary>
    public static void UseRateLimits(this WebApplication app) =>
        app.UseWhen(IsLimited, limited => limited.Use(LimitAsync));

    private static bool IsLimited(HttpContext context) => HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<Limited>() is not null;

    private static async Task LimitAsync(HttpContext context, RequestDelegate next)
    {
        var counters = context.RequestServices.GetRequiredService<RateCounters>();
        var act = context.GetEndpoint()!.Metadata.GetRequiredMetadata<Limited>().Act;
        var wait = await counters.TakeAsync(act, ClientAddress.Of(context), context.GetPeerAddress());
        if (wait > TimeSpan.Zero)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds)}";
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            if (FailedProof.IsMarked(context))
                await counters.CountFailedProofAsync(ClientAddress.Of(context));
        }
    }

    private sealed class Validation : IValidateOptions<RateLimitSettings>
    {
        public ValidateOptionsResult Validate(string? name, RateLimitSettings options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}
