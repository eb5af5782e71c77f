namespace WebApp.Sessions;

/// <summary>
/// Marks an endpoint whose requests always ask the store, even with <see cref="SessionPolicy.LocalCache"/> on: what is done there must not rest
/// on what was true a moment ago. Requests that may change something, and all below <c>/account</c> and <c>/admin</c>, are strict without it.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class StrictSessionAttribute : Attribute
{
    private static readonly PathString[] StrictPaths = ["/account", "/admin"];

    internal static bool IsStrict(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.GetEndpoint()?.Metadata.GetMetadata<StrictSessionAttribute>() is not null)
            return true;

        foreach (var path in StrictPaths)
        {
            if (context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
