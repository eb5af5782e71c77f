using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Reads the section <c>Sessions</c> into the policy. The framework's binder passes over a name that it doesn't know and a value in <c>Roles</c> that
/// it can't read, and takes "24:00:00" for 24 days: no rule may be lost to a spelling, so all of that is refused here, in words.
/// </summary>
internal static class SessionSettings
{
    /// <exception cref="OptionsValidationException">The section has mistakes: one sentence each, with the setting's name.</exception>
    public static void Read(SessionPolicy policy, IConfiguration configuration)
    {
        var section = configuration.GetSection(SessionPolicy.Section);
        string[] mistakes = [.. Mistakes(section, typeof(SessionPolicy))];
        if (mistakes.Length > 0)
            throw new OptionsValidationException(Options.DefaultName, typeof(SessionPolicy), mistakes);

        if (section.GetValue<SessionPreset?>(nameof(SessionPolicy.Preset)) is { } preset)
            SessionPresets.Apply(policy, preset);
        section.Bind(policy);
    }

    private static IEnumerable<string> Mistakes(IConfigurationSection section, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        var (isValue, words) = Reading(type, section.Value ?? "");
        if (words is not null)
        {
            var mayBeEmpty = type != declared;
            if (!isValue && !(mayBeEmpty && string.IsNullOrEmpty(section.Value)))
                yield return $"{section.Path} is \"{section.Value}\". It must be {words}.";
        }
        else if (!string.IsNullOrEmpty(section.Value))
        {
            yield return $"{section.Path} is \"{section.Value}\". It has settings of its own: {NamesOf(type)}.";
        }

        foreach (var child in section.GetChildren())
        {
            if (words is null && PartOf(type, child.Key) is { } part)
            {
                foreach (var mistake in Mistakes(child, part))
                    yield return mistake;
            }
            else
            {
                yield return $"{child.Path} is not a setting." + (words is null ? $" {section.Path} has {NamesOf(type)}." : "");
            }
        }
    }

    /// <summary>Whether the text is a value of the type, and what such a value looks like; null for a type that has settings of its own.</summary>
    private static (bool IsValue, string? Words) Reading(Type type, string text) => type switch
    {
        _ when type == typeof(string) => (true, "text"),
        _ when type == typeof(int) => (int.TryParse(text, CultureInfo.InvariantCulture, out _), "a whole number"),
        _ when type == typeof(bool) => (bool.TryParse(text, out _), "true or false"),
        _ when type == typeof(TimeSpan) => (
            text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _),
            "a time such as 00:30:00, or 7.00:00:00 for seven days"),
        { IsEnum: true } => (Enum.TryParse(type, text, ignoreCase: true, out var value) && Enum.IsDefined(type, value), $"one of {string.Join(", ", Enum.GetNames(type))}"),
        _ => (false, null),
    };

    /// <summary>The type of the setting of that name; null if there is none.</summary>
    private static Type? PartOf(Type type, string name) =>
        IsDictionary(type) ? type.GetGenericArguments()[1] : Parts(type).FirstOrDefault(part => part.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.PropertyType;

    private static string NamesOf(Type type) => IsDictionary(type) ? "names of your own" : string.Join(", ", Parts(type).Select(part => part.Name));

    private static PropertyInfo[] Parts(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance);

    private static bool IsDictionary(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>);
}
