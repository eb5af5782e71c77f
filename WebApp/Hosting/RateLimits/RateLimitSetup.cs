using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.RateLimits;

/// <summary>Bounds how often one address may send the forms that endpoints mark as <see cref="Limited"/>: against guessing, spraying and floods.</summary>
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
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<RateCounters>((limiter, counters) =>
        {
            limiter.GlobalLimiter = new AddressLimiter(counters);
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = (rejected, _) =>
            {
                if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                    rejected.HttpContext.Response.Headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds)}";
                return ValueTask.CompletedTask;
            };
        });
    }

    /// <summary>
    /// Behind the proxies (whose word on the address counts), routing, and what refuses another site's form: that must not use up its victim's
    /// permits. Ahead of sessions and passwords, which cost.
    /// </summary>
    public static void UseRateLimits(this WebApplication app) => app.UseWhen(IsLimited, limited =>
    {
        limited.UseRateLimiter();
        limited.Use(CountFailedProofAsync);
    });

    private static bool IsLimited(HttpContext context) => HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<Limited>() is not null;

    private static async Task CountFailedProofAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (FailedProof.IsMarked(context))
                await context.RequestServices.GetRequiredService<RateCounters>().CountFailedProofAsync(ClientAddress.Of(context));
        }
    }

    private sealed class Validation : IValidateOptions<RateLimitSettings>
    {
        public ValidateOptionsResult Validate(string? name, RateLimitSettings options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}
