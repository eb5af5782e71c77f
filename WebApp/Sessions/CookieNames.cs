namespace WebApp.Sessions;

/// <summary>What the app's cookies are called. All ports of a host share its cookies: see <see cref="SessionPolicy.CookieName"/>.</summary>
public static class CookieNames
{
    /// <param name="builder">The app under construction.</param>
    /// <param name="name">What the cookie is for, such as <c>session</c>.</param>
    public static string Of(WebApplicationBuilder builder, string name)
    {
        var word = builder.Configuration[$"{SessionPolicy.Section}:{nameof(SessionPolicy.CookieName)}"];
        // Over plain http browsers refuse the prefix; and other apps on localhost should not use the same names.
        if (builder.Environment.IsDevelopment())
            return $"{(string.IsNullOrEmpty(word) ? "webapp-dev" : word)}-{name}";

        return string.IsNullOrEmpty(word) ? $"__Host-{name}" : $"__Host-{word}-{name}";
    }
}
