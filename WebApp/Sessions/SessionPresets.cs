namespace WebApp.Sessions;

/// <summary>Whose rules sessions have to keep: an authenticator assurance level of NIST SP 800-63B-4. About sessions only; factors are another matter.</summary>
public enum SessionPreset
{
    /// <summary>At most 30 days (section 2.1.3).</summary>
    Aal1,

    /// <summary>At most 24 hours, and 1 hour unused (section 2.2.3).</summary>
    Aal2,

    /// <summary>At most 12 hours, and 15 minutes unused (section 2.3.3).</summary>
    Aal3,
}

/// <summary>
/// What a preset means: each setting is at most its limit. NIST says so of most with SHOULD and of Aal3's 12 hours with SHALL; here it is all
/// the same. Remembered sessions get no more than others, and a sign-in is recent for no longer than a session may lie unused, which is our own rule.
/// </summary>
internal static class SessionPresets
{
    private static readonly (string Name, Func<SessionPolicy, TimeSpan> Get, Action<SessionPolicy, TimeSpan> Set, Func<SessionPreset, TimeSpan> Limit)[] Settings =
    [
        (nameof(SessionPolicy.IdleTimeout), policy => policy.IdleTimeout, (policy, value) => policy.IdleTimeout = value, Unused),
        (nameof(SessionPolicy.AbsoluteTimeout), policy => policy.AbsoluteTimeout, (policy, value) => policy.AbsoluteTimeout = value, Overall),
        (nameof(SessionPolicy.RememberedIdleTimeout), policy => policy.RememberedIdleTimeout, (policy, value) => policy.RememberedIdleTimeout = value, Unused),
        (nameof(SessionPolicy.RememberedAbsoluteTimeout), policy => policy.RememberedAbsoluteTimeout, (policy, value) => policy.RememberedAbsoluteTimeout = value, Overall),
        (nameof(SessionPolicy.RecentSignIn), policy => policy.RecentSignIn, (policy, value) => policy.RecentSignIn = value, Unused),
    ];

    /// <summary>Shortens the defaults that are looser; others stay.</summary>
    public static void Apply(SessionPolicy policy, SessionPreset preset)
    {
        foreach (var (_, get, set, limit) in Settings.Where(setting => setting.Get(policy) > setting.Limit(preset)))
            set(policy, limit(preset));
    }

    /// <summary>The settings that are looser than the policy's own preset allows.</summary>
    public static IEnumerable<(string Name, TimeSpan Value, TimeSpan Limit)> Broken(SessionPolicy policy) =>
        policy.Preset is { } preset && Enum.IsDefined(preset)
            ? Settings.Select(setting => (setting.Name, Value: setting.Get(policy), Limit: setting.Limit(preset))).Where(setting => setting.Value > setting.Limit)
            : [];

    private static TimeSpan Overall(SessionPreset preset) => preset switch
    {
        SessionPreset.Aal1 => TimeSpan.FromDays(30),
        SessionPreset.Aal2 => TimeSpan.FromHours(24),
        _ => TimeSpan.FromHours(12),
    };

    private static TimeSpan Unused(SessionPreset preset) => preset switch
    {
        SessionPreset.Aal1 => Overall(preset), // There is no rule at this level.
        SessionPreset.Aal2 => TimeSpan.FromHours(1),
        _ => TimeSpan.FromMinutes(15),
    };
}
