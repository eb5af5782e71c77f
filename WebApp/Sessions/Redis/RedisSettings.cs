using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The configuration section <c>Redis</c>, for what a connection string can't carry: there a comma ends the password.
/// </summary>
public sealed partial class RedisSettings
{
    public const string Section = "Redis";

    private const string Setting = "ConnectionStrings:Redis";

    private const string Advice =
        "It is host:port[,host:port…][,option=value…]; set a password that has a comma as Redis:Password.";

    /// <summary>The user of Redis' access lists. Unset: the default one.</summary>
    public string? User { get; set; }

    /// <summary>The password, whatever its characters.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// Reads a connection string. The client passes over a part that it can't read, and its errors quote the others: a
    /// piece of a password may be among them.
    /// </summary>
    /// <exception cref="OptionsValidationException">It can't be read, in words that quote nothing.</exception>
    public ConfigurationOptions Read(string connectionString)
    {
        string[] parts = [.. connectionString.Split(',', StringSplitOptions.TrimEntries)];
        var hosts = parts.TakeWhile(part => !part.Contains('=')).Count();
        if (connectionString.Contains("://", StringComparison.Ordinal))
            throw Mistake("is a URL, which is not read here", "Set Redis:User and Redis:Password for who signs in, and ssl=true for TLS.");

        for (var i = 0; i < parts.Length; i++)
        {
            if (i < hosts ? !IsHost(parts[i]) : !parts[i].Contains('=') && parts[i].Length > 0)
                throw Mistake($"has a part that can't be read, number {i + 1} of {parts.Length}", Why(i, hosts));
        }

        if (hosts == 0)
            throw Mistake("names no host");

        var options = Parse(connectionString);
        if (User is { Length: > 0 })
            options.User = User;
        if (Password is { Length: > 0 })
            options.Password = Password;
        return options;
    }

    private static ConfigurationOptions Parse(string connectionString)
    {
        try
        {
            return ConfigurationOptions.Parse(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw Mistake("has an option that the client does not know, or a value that the option can't have");
        }
    }

    /// <summary>A name or an address, and perhaps a port.</summary>
    private static bool IsHost(string text) =>
        HostAndPort().Match(text) is { Success: true } match
        && (!match.Groups["v6"].Success || IPAddress.TryParse(match.Groups["v6"].Value, out _))
        && (!match.Groups["port"].Success
            || (ushort.TryParse(match.Groups["port"].Value, CultureInfo.InvariantCulture, out var port) && port > 0));

    private static string Why(int part, int hosts) => part < hosts
        ? "A host is a name or an address, and a port from 1 to 65535; an IPv6 address stands in brackets, as in [::1]:6379."
        : "Behind the first option each part is an option.";

    private static OptionsValidationException Mistake(string what, string why = "") =>
        new(Section, typeof(RedisSettings), [string.Join(' ', new[] { $"{Setting} {what}.", why, Advice }.Where(words => words.Length > 0))]);

    [GeneratedRegex(@"^(\[(?<v6>[0-9a-fA-F:.%\w]+)\]|[\w.-]+)(:(?<port>\d{1,5}))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostAndPort();
}
