using System.Globalization;
using System.Reflection;

namespace WebApp.Sessions;

/// <summary>
/// Finds mistakes in a section of settings. The framework's binder passes over a name that it doesn't know, a list written as one value, and values
/// in dictionaries that it can't read, and takes "24:00:00" for 24 days: no rule may be lost to a spelling.
/// </summary>
internal static class SettingsSection
{
    /// <summary>One sentence each, with the setting's name.</summary>
    public static IEnumerable<string> MistakesIn(IConfigurationSection section, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        var (isValue, words) = Reading(type, section.Value ?? "");
        if (words is not null)
        {
            var mayBeEmpty = type != declared;
            if (!isValue && !(mayBeEmpty && string.IsNullOrEmpty(section.Value)))
                yield return $"{section.Path} is \"{section.Value}\". It must be {words}.";
        }
        else if (!string.IsNullOrEmpty(section.Value) && ElementOf(type) != typeof(string))
        {
            yield return $"{section.Path} is \"{section.Value}\". It has settings of its own: {NamesOf(type)}.";
        }

        foreach (var mistake in MistakesBelow(section, type))
            yield return mistake;
    }

    /// <summary>As the other, for what stands in the section. A value of the section itself is none: variables such as MAIL mean something else.</summary>
    public static IEnumerable<string> MistakesBelow(IConfigurationSection section, Type type)
    {
        var hasParts = Reading(type, "").Words is null;
        foreach (var child in section.GetChildren())
        {
            if (hasParts && PartOf(type, child.Key) is { } part)
            {
                foreach (var mistake in MistakesIn(child, part))
                    yield return mistake;
            }
            else
            {
                yield return $"{child.Path} is not a setting." + (hasParts ? $" {section.Path} has {NamesOf(type)}." : "");
            }
        }

        if (ElementOf(type) is not null && !string.IsNullOrEmpty(section.Value) && section.GetChildren().Any())
            yield return $"{section.Path} is given as one value and as a list. Use one of them.";
    }

    /// <summary>A list of texts, written as a list or as one value with commas.</summary>
    public static IReadOnlyList<string> ListIn(IConfigurationSection section) =>
        section.Value is { Length: > 0 } value
            ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : section.Get<string[]>() ?? [];

    /// <summary>Whether the text is a value of the type, and what such a value looks like; null for a type that has settings of its own.</summary>
    private static (bool IsValue, string? Words) Reading(Type type, string text) => type switch
    {
        _ when type == typeof(string) => (true, "text"),
        _ when type == typeof(int) => (int.TryParse(text, CultureInfo.InvariantCulture, out _), "a whole number"),
        _ when type == typeof(bool) => (bool.TryParse(text, out _), "true or false"),
        _ when type == typeof(Uri) => (text.Length == 0 || Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _), "an address"),
        _ when type == typeof(TimeSpan) => (
            text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _),
            "a time such as 00:30:00, or 7.00:00:00 for seven days"),
        { IsEnum: true } => (Enum.TryParse(type, text, ignoreCase: true, out var value) && Enum.IsDefined(type, value), $"one of {string.Join(", ", Enum.GetNames(type))}"),
        _ => (false, null),
    };

    /// <summary>The type of the setting of that name; null if there is none.</summary>
    private static Type? PartOf(Type type, string name) =>
        ElementOf(type) is { } element ? int.TryParse(name, CultureInfo.InvariantCulture, out _) ? element : null
        : IsDictionary(type) ? type.GetGenericArguments()[1]
        : Parts(type).FirstOrDefault(part => part.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.PropertyType;

    private static string NamesOf(Type type) =>
        ElementOf(type) is not null ? "numbers from 0 on"
        : IsDictionary(type) ? "names of your own"
        : string.Join(", ", Parts(type).Select(part => part.Name));

    /// <summary>What code sets is no setting.</summary>
    private static IEnumerable<PropertyInfo> Parts(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(part => !typeof(Delegate).IsAssignableFrom(part.PropertyType));

    /// <summary>Of a list.</summary>
    private static Type? ElementOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
        ? type.GetGenericArguments()[0]
        : null;

    private static bool IsDictionary(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>);
}
