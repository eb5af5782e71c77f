using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace WebApp.Sessions;

/// <summary>Which sessions of all users staff are looking for. Everything that is set has to fit; nothing set: all live ones.</summary>
public sealed record SessionFilter
{
    /// <summary>Fewer digits of a session id would fit too many.</summary>
    public const int MinIdPrefixLength = 8;

    /// <summary>Where they were used last.</summary>
    public AddressRange? Addresses { get; init; }

    /// <summary>Two capital letters; see <see cref="UserSession.Country"/>.</summary>
    public string? Country { get; init; }

    /// <summary>The kind of browser and of system that used them last; of each, 0 is any.</summary>
    public BrowserFamily Device { get; init; }

    /// <summary>The whole of <see cref="UserSession.SignInMethod"/>: <c>pwd</c> is a password alone, <c>pwd otp</c> one with an app's code.</summary>
    public string? Method { get; init; }

    public SessionState State { get; init; }

    /// <summary>Whether a session fits, live or not.</summary>
    public bool Matches(UserSession session) =>
        (Addresses is not { } addresses || addresses.Contains(session.LastAddress))
        && (Country is null || Country == session.Country)
        && (Device.Browser == 0 || Device.Browser == session.Family.Browser)
        && (Device.System == 0 || Device.System == session.Family.System)
        && (Method is null || Method == session.SignInMethod)
        && State switch
        {
            SessionState.Locked => session is { Revocation: null, Lock: not null },
            SessionState.Flagged => session.IsFlagged,
            _ => session.Revocation is null,
        };

    /// <summary>Whether it can be the beginning of a session id, and is long enough to be searched for.</summary>
    internal static bool IsIdPrefix(string text) => text.Length is >= MinIdPrefixLength and <= 2 * SessionId.Size && text.All(char.IsAsciiHexDigit);
}

public enum SessionState
{
    /// <summary>Live, locked or not.</summary>
    Any,

    /// <summary>Live and locked, by whomever.</summary>
    Locked,

    /// <summary>What a rule took for theft: locked by one, or ended as possible theft and not forgotten yet. See <see cref="UserSession.IsFlagged"/>.</summary>
    Flagged,
}

/// <summary>Where a page of sessions ends and the next one begins: last seen first, and of those seen at once, the higher id first.</summary>
/// <param name="LastSeenAt">UTC, millisecond precision.</param>
/// <param name="Id">The session's.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SessionCursor(DateTimeOffset LastSeenAt, SessionId Id) : IParsable<SessionCursor>
{
    private const char Separator = '-';

    /// <summary>As it stands in an address: milliseconds since 1970, a hyphen, the id.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{LastSeenAt.ToUnixTimeMilliseconds()}{Separator}{Id}");

    /// <exception cref="FormatException">The text is no cursor.</exception>
    public static SessionCursor Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var cursor) ? cursor : throw new FormatException("A cursor is a number, a hyphen and a session id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionCursor result)
    {
        result = default;
        // Up to the end of the year 9999, which is the last that a time can have.
        if (s?.Split(Separator) is not [var time, var id]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds > 253_402_300_799_999
            || !SessionId.TryParse(id, null, out var session))
            return false;

        result = new(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), session);
        return true;
    }
}

/// <param name="Sessions">In order.</param>
/// <param name="Next">Where the next page begins; null when this was the last one.</param>
public sealed record SessionPage(IReadOnlyList<UserSession> Sessions, SessionCursor? Next);

/// <param name="Live">Signed in now, locked ones included.</param>
/// <param name="Locked">Those of them that are locked.</param>
/// <param name="Flagged">What <see cref="SessionState.Flagged"/> lists.</param>
public sealed record SessionCounts(long Live, long Locked, long Flagged);
