namespace WebApp.Admin;

public static class AdminSetup
{
    public static void AddAdmin(this IServiceCollection services)
    {
        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(admin => admin.IsValidPattern(), $"{AdminOptions.Section}:{nameof(AdminOptions.CaseReferencePattern)} is no regular expression.")
            .ValidateOnStart();
        services.AddSingleton<StaffReasons>();
        services.AddScoped<UserDirectory>().AddScoped<StaffActs>().AddScoped<ForcedSignOut>().AddScoped<AccountActs>().AddScoped<AddressReveal>().AddScoped<Receipts>();
    }
}
