using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Passwords;

internal static class PasswordSetup
{
    public static void AddPasswordRules(this IServiceCollection services)
    {
        services.AddOptions<PasswordSettings>().BindConfiguration(PasswordSettings.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .PostConfigure(settings => settings.ParallelHashes = settings.ParallelHashes == 0 ? Math.Max(1, Environment.ProcessorCount / 2) : settings.ParallelHashes)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<PasswordSettings>, Validation>();
        services.AddSingleton<PasswordBlocklist>().AddSingleton<BreachService>().AddScoped<BreachCheck>();
    }

    private sealed class Validation : IValidateOptions<PasswordSettings>
    {
        public ValidateOptionsResult Validate(string? name, PasswordSettings options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}
