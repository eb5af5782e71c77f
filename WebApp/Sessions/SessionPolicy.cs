using System.ComponentModel.DataAnnotations;
using System.Security.Claims;

namespace WebApp.Sessions;

/// <summary>
/// The rules of a session's life: the configuration section <c>Sessions</c>, checked when the app starts,
/// and the arithmetic of deadlines. Changes apply to sessions that begin afterwards.
/// </summary>
public sealed class SessionPolicy : IValidatableObject
{
    public const string Section = "Sessions";

    private const int MaxCookieNameLength = 32;

    /// <summary>How many wrong proofs of identity end a session: whoever holds its cookie must not get to guess for long.</summary>
    public const int MaxProofAttempts = 5;

    /// <summary>Where sessions are kept. Unset: Redis when <c>ConnectionStrings:Redis</c> is set, otherwise (in Development only) SQL.</summary>
    public SessionStoreKind? Store { get; set; }

    /// <summary>
    /// The word that the names of all of the app's cookies begin with, behind <c>__Host-</c>. Set it where another instance of this app runs under the
    /// same host name, on another port: browsers send cookies to all of a host's ports, so that they would sign each other out.
    /// </summary>
    public string? CookieName { get; set; }

    /// <summary>
    /// How many cookies an instance remembers to have opened, at most: opening one again takes three times as long as
    /// the rest of a look-up. Each takes up to 4 KiB of memory. Raise it where more are in use within a few minutes.
    /// </summary>
    public int OpenedCookies { get; set; } = 10_000;

    /// <summary>
    /// Whose rules sessions have to keep: the timeouts' defaults become at least as strict, and one that is set looser is refused. Unset: nobody's.
    /// </summary>
    public SessionPreset? Preset { get; set; }

    /// <summary>A session unused for this long ends. Shorten it where browsers are shared (NIST SP 800-63B-4: at most 1 h at AAL2).</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A session ends this long after sign-in however much it is used (NIST SP 800-63B-4: at most 24 h at AAL2).</summary>
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary><see cref="IdleTimeout"/> for those who asked to be kept signed in.</summary>
    public TimeSpan RememberedIdleTimeout { get; set; } = TimeSpan.FromDays(14);

    /// <summary><see cref="AbsoluteTimeout"/> for those who asked to be kept signed in (NIST SP 800-63B-4: at most 30 d at AAL1).</summary>
    public TimeSpan RememberedAbsoluteTimeout { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How exact "last seen" is: it is written at most this often. Raise it to write less.</summary>
    public TimeSpan LastSeenResolution { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A session on a shared computer ends this long after sign-in at the latest. Shorten it where people queue for one.</summary>
    public TimeSpan SharedTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>What a sign-in does that would be one session too many. Let it ask where people should not lose one unawares.</summary>
    public WhenTooMany WhenTooMany { get; set; }

    /// <summary>
    /// How many sessions a user can have at once: one more ends the one used least recently, or asks (<see cref="WhenTooMany"/>). 1 is a single device; 0 is no limit,
    /// and no limit to what one user can fill the store with.
    /// </summary>
    public int MaxPerUser { get; set; } = 100;

    /// <summary>
    /// How long a session uses one secret before the browser is handed the next, so that a copied cookie is found out. Zero: never rotate,
    /// and never find out.
    /// </summary>
    public TimeSpan RotationInterval { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How long a secret stays good after the next one was seen. Raise it where requests are under way for long;
    /// a copied cookie is found out that much later.
    /// </summary>
    public TimeSpan RotationGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after a sign-in, or a confirmation of identity, a person may do what calls for a recent one. Shorten it where
    /// browsers are left alone.
    /// </summary>
    public TimeSpan RecentSignIn { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The header in which the proxy in front tells the peer's country as two letters (ISO 3166-1), such as <c>CF-IPCountry</c>. Unset:
    /// countries are unknown. Believed from a known proxy only.
    /// </summary>
    public string? CountryHeader { get; set; }

    /// <summary>Two countries within less than this count as <see cref="SignalPolicy.Travel"/>.</summary>
    public TimeSpan TravelWindow { get; set; } = TimeSpan.FromHours(2);

    /// <summary>What happens when a session's cookie is used in a way that does not fit.</summary>
    public SignalPolicy Signals { get; } = new();

    /// <summary>How long one store call may take before the request is answered with 503. Raise it for a distant store.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Stricter rules for those who have a role when they sign in, by the role's name. They hold for remembered sessions too;
    /// with several roles, the strictest counts.
    /// </summary>
    public IDictionary<string, RoleSessionPolicy> Roles { get; } = new Dictionary<string, RoleSessionPolicy>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a sign-in is granted.</summary>
    public SessionTerms TermsFor(ClaimsPrincipal user, bool remembered)
    {
        var terms = remembered
            ? new SessionTerms(RememberedIdleTimeout, RememberedAbsoluteTimeout, MaxPerUser)
            : new SessionTerms(IdleTimeout, AbsoluteTimeout, MaxPerUser);
        // As in the settings, upper and lower case are the same here: a rule must not be lost to a spelling.
        var roles = user.Identities.SelectMany(identity => identity.FindAll(identity.RoleClaimType)).Select(claim => claim.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return Roles.Where(role => roles.Contains(role.Key)).Aggregate(terms, (granted, role) => role.Value.Tighten(granted));
    }

    /// <summary>
    /// The idle timeout as enforced from the recorded "last seen". The real last request may be up to
    /// <see cref="TouchInterval"/> later than the record says, so that much is added:
    /// an idle session never ends early, and at most that much late.
    /// </summary>
    public TimeSpan IdleWindow(TimeSpan idleTimeout) => idleTimeout + Shorter(LastSeenResolution, idleTimeout / 10);

    /// <summary>
    /// How stale <see cref="UserSession.LastSeenAt"/> may be before the next request writes it:
    /// <see cref="LastSeenResolution"/>, but never more than a tenth of the idle timeout, so that short timeouts stay sharp.
    /// </summary>
    public TimeSpan TouchInterval(UserSession session) => Shorter(LastSeenResolution, session.IdleTimeout / 11); // The window is eleven tenths.

    /// <summary>Whether the browser should be handed its next secret.</summary>
    public bool IsRotationDue(UserSession session, DateTimeOffset now) =>
        RotationInterval > TimeSpan.Zero && now - session.SecretSince >= RotationInterval;

    /// <summary>Whether the session's last proof of identity is recent enough for what calls for one.</summary>
    public bool IsRecentlyAuthenticated(UserSession session, DateTimeOffset now) =>
        (now - session.AuthenticatedAt).Duration() < RecentSignIn; // A clock that was set back must not lengthen it.

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Name, TimeSpan Value)[] times =
        [
            (nameof(IdleTimeout), IdleTimeout),
            (nameof(AbsoluteTimeout), AbsoluteTimeout),
            (nameof(RememberedIdleTimeout), RememberedIdleTimeout),
            (nameof(RememberedAbsoluteTimeout), RememberedAbsoluteTimeout),
            (nameof(SharedTimeout), SharedTimeout),
            (nameof(LastSeenResolution), LastSeenResolution),
            (nameof(CommandTimeout), CommandTimeout),
            (nameof(RecentSignIn), RecentSignIn),
            (nameof(TravelWindow), TravelWindow),
            (nameof(RotationGrace), RotationGrace),
        ];
        foreach (var (name, value) in times.Concat(Roles.SelectMany(role => role.Value.Times(role.Key))))
        {
            if (value <= TimeSpan.Zero)
                yield return new($"{Section}:{name} is {value}. It must be longer than zero.");
            else if (value > TimeSpan.FromDays(3660))
                yield return new($"{Section}:{name} is {value}. It must not be longer than ten years.");
        }

        if (Preset is { } preset && !Enum.IsDefined(preset))
            yield return new($"{Section}:{nameof(Preset)} is {preset}. It can be {string.Join(", ", Enum.GetNames<SessionPreset>())}.");
        foreach (var (name, value, limit) in SessionPresets.Broken(this))
            yield return new($"{Section}:{name} is {value}, but {Section}:{nameof(Preset)} {Preset} allows {limit} at most.");

        if (IdleTimeout > AbsoluteTimeout)
            yield return new($"{Section}:{nameof(IdleTimeout)} ({IdleTimeout}) is longer than {nameof(AbsoluteTimeout)} ({AbsoluteTimeout}), so it could never take effect.");
        if (RememberedIdleTimeout > RememberedAbsoluteTimeout)
            yield return new($"{Section}:{nameof(RememberedIdleTimeout)} ({RememberedIdleTimeout}) is longer than {nameof(RememberedAbsoluteTimeout)} ({RememberedAbsoluteTimeout}), so it could never take effect.");
        foreach (var (name, limit) in Roles.Select(role => ($"{nameof(Roles)}:{role.Key}:{nameof(MaxPerUser)}", role.Value.MaxPerUser ?? 0)).Prepend((nameof(MaxPerUser), MaxPerUser)))
        {
            if (limit is < 0 or > 1000)
                yield return new($"{Section}:{name} is {limit}. It must be between 1 and 1000, or 0 for no limit.");
        }

        if (OpenedCookies is < 0 or > 10_000_000)
            yield return new($"{Section}:{nameof(OpenedCookies)} is {OpenedCookies}. It must be between 0 and 10,000,000.");
        if (!Enum.IsDefined(WhenTooMany))
            yield return new($"{Section}:{nameof(WhenTooMany)} is {WhenTooMany}. It can be {string.Join(" or ", Enum.GetNames<WhenTooMany>())}.");
        if (RotationInterval < TimeSpan.Zero)
            yield return new($"{Section}:{nameof(RotationInterval)} is {RotationInterval}. It must not be negative; zero turns rotation off.");
        else if (RotationInterval > TimeSpan.Zero && RotationGrace >= RotationInterval)
            yield return new($"{Section}:{nameof(RotationGrace)} ({RotationGrace}) must be shorter than {nameof(RotationInterval)} ({RotationInterval}), or copied cookies would never be found out.");
        else if (RotationInterval >= AbsoluteTimeout && RotationInterval >= RememberedAbsoluteTimeout)
            yield return new($"{Section}:{nameof(RotationInterval)} ({RotationInterval}) is as long as any session can last, so it could never take effect. Zero turns rotation off.");
        foreach (var (signal, rule) in Signals.Rules.Where(rule => !Enum.IsDefined(rule.Rule.Action)))
            yield return new($"{Section}:{nameof(Signals)}:{signal}:{nameof(SignalRule.Action)} is {rule.Action}. It can be {string.Join(", ", Enum.GetNames<SignalAction>())}.");
        foreach (var (signal, rule) in Signals.Rules.Where(rule => CountryHeader is null && rule.Signal is Signal.CountryChanged or Signal.Travel && rule.Rule.Action > SignalAction.Notify))
            yield return new($"{Section}:{nameof(Signals)}:{signal}:{nameof(SignalRule.Action)} is {rule.Action}, but without {Section}:{nameof(CountryHeader)} no country is known, so it could never happen.");
        if (CountryHeader is not null && (CountryHeader.Length == 0 || !CountryHeader.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')))
            yield return new($"{Section}:{nameof(CountryHeader)} is \"{CountryHeader}\", which is no header's name. Leave it out if the proxy tells no country.");
        if (!string.IsNullOrEmpty(CookieName) && !(CookieName.Length <= MaxCookieNameLength && CookieName.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
            yield return new($"{Section}:{nameof(CookieName)} is \"{CookieName}\". It can have up to {MaxCookieNameLength} letters of ASCII, digits, - and _.");
        if (CommandTimeout > TimeSpan.FromSeconds(30))
            yield return new($"{Section}:{nameof(CommandTimeout)} is {CommandTimeout}. Nobody waits longer than 30 seconds for a page.");
    }
}

/// <summary>What a role changes of <see cref="SessionPolicy"/>; what is not set stays. Nothing can be loosened.</summary>
public sealed class RoleSessionPolicy
{
    public TimeSpan? IdleTimeout { get; set; }

    public TimeSpan? AbsoluteTimeout { get; set; }

    /// <summary>Zero: as without the role.</summary>
    public int? MaxPerUser { get; set; }

    internal SessionTerms Tighten(SessionTerms terms) => new(
        IdleTimeout < terms.IdleTimeout ? IdleTimeout.Value : terms.IdleTimeout,
        AbsoluteTimeout < terms.AbsoluteTimeout ? AbsoluteTimeout.Value : terms.AbsoluteTimeout,
        MaxPerUser > 0 && (terms.MaxPerUser == 0 || MaxPerUser < terms.MaxPerUser) ? MaxPerUser.Value : terms.MaxPerUser);

    internal IEnumerable<(string Name, TimeSpan Value)> Times(string role)
    {
        if (IdleTimeout is { } idle)
            yield return ($"{nameof(SessionPolicy.Roles)}:{role}:{nameof(IdleTimeout)}", idle);
        if (AbsoluteTimeout is { } absolute)
            yield return ($"{nameof(SessionPolicy.Roles)}:{role}:{nameof(AbsoluteTimeout)}", absolute);
    }
}

/// <summary>What holds for one session.</summary>
/// <param name="IdleTimeout">Unused for this long, it ends.</param>
/// <param name="AbsoluteTimeout">This long after sign-in it ends.</param>
/// <param name="MaxPerUser">How many its user can have at once; 0: no limit.</param>
public sealed record SessionTerms(TimeSpan IdleTimeout, TimeSpan AbsoluteTimeout, int MaxPerUser);

/// <summary>What becomes of a sign-in by a user who has as many sessions as allowed.</summary>
public enum WhenTooMany
{
    /// <summary>The session used least recently ends, and both are told.</summary>
    Evict,

    /// <summary>After all proofs of identity, the person says which one ends.</summary>
    Ask,
}

public enum SessionStoreKind
{
    /// <summary>The embedded database. One instance only.</summary>
    Sql,

    /// <summary>Redis, shared by all instances. Needs <c>ConnectionStrings:Redis</c>.</summary>
    Redis,
}
