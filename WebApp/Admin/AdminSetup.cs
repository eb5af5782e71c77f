namespace WebApp.Admin;

public static class AdminSetup
{
    public static void AddAdmin(this IServiceCollection services) =>
        services.AddScoped<UserDirectory>().AddScoped<ForcedSignOut>();
}
