using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Passwords;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting.Commands;
using WebApp.Hosting.RateLimits;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>Ends a start whose settings have a name that means nothing: what it was to protect would go unprotected, without a word.</summary>
internal static class SettingsCheck
{
    /// <summary>All sections of the app. Sessions reads its own.</summary>
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        ["App"] = typeof(AppOptions),
        ["ConnectionStrings"] = typeof(ConnectionStrings),
        ["DataProtection"] = typeof(DataProtection),
        ["Demo"] = typeof(DemoAccounts),
        [AccountOptions.Section] = typeof(AccountOptions),
        [AdminOptions.Section] = typeof(AdminOptions),
        [AuditOptions.Section] = typeof(AuditOptions),
        [MailOptions.Section] = typeof(MailOptions),
        [PasswordSettings.Section] = typeof(PasswordSettings),
        [PrivacyOptions.Section] = typeof(PrivacyOptions),
        [ProxySettings.Section] = typeof(ProxySettings),
        [RateLimitSettings.Section] = typeof(RateLimitSettings),
        [RedisSettings.Section] = typeof(RedisSettings),
    };

    /// <summary>Letters.</summary>
    private const int ShortestTold = 5;

    /// <exception cref="OptionsValidationException">A sentence for each mistake.</exception>
    public static void RefuseUnknownSettings(this WebApplicationBuilder builder)
    {
        string[] mistakes =
        [
            .. Sections.SelectMany(section => SettingsSection.MistakesBelow(builder.Configuration.GetSection(section.Key), section.Value)),
            .. builder.Configuration.GetChildren().SelectMany(MistypedSections),
        ];
        if (mistakes.Length > 0)
            throw new OptionsValidationException(nameof(SettingsCheck), typeof(SettingsCheck), mistakes);
    }

    /// <summary>Others have settings of their own, so only a slip of the finger is known for one; in a short name it may be another word.</summary>
    private static IEnumerable<string> MistypedSections(IConfigurationSection section)
    {
        string[] ours = [.. Sections.Keys, SessionPolicy.Section];
        if (section.Key.Length < ShortestTold || !section.GetChildren().Any() || ours.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            return [];

        return ours.Where(name => Nearest.IsOneSlip(section.Key.ToUpperInvariant(), name.ToUpperInvariant()))
            .Select(name => $"{section.Path} is not a section of settings. {name} is.");
    }

    /// <summary>The section of that name.</summary>
    private sealed record ConnectionStrings(string? Redis, string? Database);

    /// <summary>The section of that name.</summary>
    private sealed record DataProtection(
        string? Certificate, string? CertificatePassword,
        IReadOnlyList<string> PreviousCertificates, IReadOnlyList<string> PreviousCertificatePasswords);
}
