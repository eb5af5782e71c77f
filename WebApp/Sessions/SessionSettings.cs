using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Reads the section <c>Sessions</c> into the policy, and refuses what <see cref="SettingsSection"/> finds wrong with it.
/// </summary>
internal static class SessionSettings
{
    /// <exception cref="OptionsValidationException">The section has mistakes: one sentence each, with the setting's name.</exception>
    public static void Read(SessionPolicy policy, IConfiguration configuration)
    {
        var section = configuration.GetSection(SessionPolicy.Section);
        string[] mistakes = [.. SettingsSection.MistakesIn(section, typeof(SessionPolicy))];
        if (mistakes.Length > 0)
            throw new OptionsValidationException(Options.DefaultName, typeof(SessionPolicy), mistakes);

        if (section.GetValue<SessionPreset?>(nameof(SessionPolicy.Preset)) is { } preset)
            SessionPresets.Apply(policy, preset);
        section.Bind(policy);
    }
}
