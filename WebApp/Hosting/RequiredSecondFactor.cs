using WebApp.Accounts;

namespace WebApp.Hosting;

/// <summary>Leads a person whose role needs a second factor, and who has none, to where one is set up.</summary>
internal static class RequiredSecondFactor
{
    private const string SetUpPath = "/account/security";

    /// <summary>Marks an endpoint that such a person reaches, too.</summary>
    public sealed class ReachableWithout;

    /// <summary>Behind authentication and ahead of every page: what does not say that it is open to them is not, by any method.</summary>
    public static void UseRequiredSecondFactor(this WebApplication app) => app.Use((context, next) =>
    {
        if (!context.User.MustSetUpSecondFactor() || context.GetEndpoint()?.Metadata.GetMetadata<ReachableWithout>() is not null)
            return next(context);

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = context.Request.PathBase + SetUpPath;
        return Task.CompletedTask;
    });
}
