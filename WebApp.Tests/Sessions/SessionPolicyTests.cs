using System.Security.Claims;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionPolicyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("01:00:00", "00:01:00", "00:01:00")]
    [InlineData("00:10:00", "00:01:00", "00:01:00")]
    [InlineData("00:05:00", "00:01:00", "00:00:30")]
    [InlineData("00:00:10", "00:01:00", "00:00:01")]
    [InlineData("01:00:00", "1.00:00:00", "00:06:00")]
    public void Last_seen_is_written_at_its_resolution_but_ten_times_within_the_idle_timeout(string idle, string resolution, string expected)
    {
        var policy = new SessionPolicy { IdleTimeout = Span(idle), LastSeenResolution = Span(resolution) };

        Assert.Equal(Span(expected), policy.TouchInterval(SessionOf(policy.IdleWindow(policy.IdleTimeout))));
    }

    [Fact]
    public void An_idle_session_is_given_the_time_by_which_the_record_may_lag_behind()
    {
        var policy = new SessionPolicy { IdleTimeout = TimeSpan.FromHours(1), LastSeenResolution = TimeSpan.FromMinutes(1) };

        Assert.Equal(TimeSpan.FromMinutes(61), policy.IdleWindow(policy.IdleTimeout));
    }

    [Fact]
    public void A_remembered_session_has_timeouts_of_its_own()
    {
        var policy = new SessionPolicy
        {
            IdleTimeout = TimeSpan.FromMinutes(10),
            AbsoluteTimeout = TimeSpan.FromHours(2),
            RememberedIdleTimeout = TimeSpan.FromDays(2),
            RememberedAbsoluteTimeout = TimeSpan.FromDays(5),
            LastSeenResolution = TimeSpan.FromMinutes(5),
        };

        Assert.Equal(new(TimeSpan.FromMinutes(10), TimeSpan.FromHours(2), 100), policy.TermsFor(Nobody, remembered: false));
        Assert.Equal(new(TimeSpan.FromDays(2), TimeSpan.FromDays(5), 100), policy.TermsFor(Nobody, remembered: true));
        Assert.Equal(TimeSpan.FromMinutes(11), policy.IdleWindow(TimeSpan.FromMinutes(10)));
        Assert.Equal(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(5), policy.IdleWindow(TimeSpan.FromDays(2)));
        Assert.Equal(TimeSpan.FromMinutes(1), policy.TouchInterval(SessionOf(TimeSpan.FromMinutes(11))));
        Assert.Equal(TimeSpan.FromMinutes(5), policy.TouchInterval(SessionOf(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(5))));
    }

    [Theory]
    [InlineData("IdleTimeout", "00:00:00", "Sessions:IdleTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("AbsoluteTimeout", "00:00:00", "Sessions:AbsoluteTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("RememberedIdleTimeout", "00:00:00", "Sessions:RememberedIdleTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("RememberedAbsoluteTimeout", "00:00:00", "Sessions:RememberedAbsoluteTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("LastSeenResolution", "00:00:00", "Sessions:LastSeenResolution is 00:00:00. It must be longer than zero.")]
    [InlineData("CommandTimeout", "00:00:00", "Sessions:CommandTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("CommandTimeout", "-00:00:01", "Sessions:CommandTimeout is -00:00:01. It must be longer than zero.")]
    [InlineData("AbsoluteTimeout", "3660.00:00:01", "Sessions:AbsoluteTimeout is 3660.00:00:01. It must not be longer than ten years.")]
    [InlineData("IdleTimeout", "1.00:00:01", "Sessions:IdleTimeout (1.00:00:01) is longer than AbsoluteTimeout (1.00:00:00), so it could never take effect.")]
    [InlineData("RememberedIdleTimeout", "30.00:00:01", "Sessions:RememberedIdleTimeout (30.00:00:01) is longer than RememberedAbsoluteTimeout (30.00:00:00), so it could never take effect.")]
    [InlineData("MaxPerUser", "-1", "Sessions:MaxPerUser is -1. It must be between 1 and 1000, or 0 for no limit.")]
    [InlineData("MaxPerUser", "1001", "Sessions:MaxPerUser is 1001. It must be between 1 and 1000, or 0 for no limit.")]
    [InlineData("Roles:Support:MaxPerUser", "-1", "Sessions:Roles:Support:MaxPerUser is -1. It must be between 1 and 1000, or 0 for no limit.")]
    [InlineData("Roles:Support:IdleTimeout", "00:00:00", "Sessions:Roles:Support:IdleTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("Roles:Admin:AbsoluteTimeout", "-01:00:00", "Sessions:Roles:Admin:AbsoluteTimeout is -01:00:00. It must be longer than zero.")]
    [InlineData("RotationInterval", "-00:00:01", "Sessions:RotationInterval is -00:00:01. It must not be negative; zero turns rotation off.")]
    [InlineData("RotationGrace", "00:00:00", "Sessions:RotationGrace is 00:00:00. It must be longer than zero.")]
    [InlineData("RotationGrace", "00:15:00", "Sessions:RotationGrace (00:15:00) must be shorter than RotationInterval (00:15:00)")]
    [InlineData("RotationInterval", "00:00:30", "Sessions:RotationGrace (00:00:30) must be shorter than RotationInterval (00:00:30)")]
    [InlineData("CommandTimeout", "00:00:30.001", "Sessions:CommandTimeout is 00:00:30.0010000. Nobody waits longer than 30 seconds for a page.")]
    public void A_senseless_setting_is_refused_with_its_name_and_its_value(string name, string value, string message)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Bind(With(name, value)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("IdleTimeout", "1.00:00:00")]
    [InlineData("RememberedIdleTimeout", "30.00:00:00")]
    [InlineData("RememberedAbsoluteTimeout", "3660.00:00:00")]
    [InlineData("CommandTimeout", "00:00:30")]
    [InlineData("RotationInterval", "00:00:00")]
    [InlineData("MaxPerUser", "0")]
    [InlineData("MaxPerUser", "1000")]
    [InlineData("RotationInterval", "00:00:30.001")]
    [InlineData("RotationGrace", "00:14:59.999")]
    [InlineData("LastSeenResolution", "00:00:00.001")]
    public void The_last_value_that_makes_sense_is_accepted(string name, string value) => Bind(With(name, value));

    [Fact]
    public void Of_all_that_a_persons_roles_ask_for_the_strictest_counts_and_nothing_is_loosened()
    {
        var policy = Bind(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Sessions:Roles:SUPPORT:IdleTimeout"] = "00:15:00",
            ["Sessions:Roles:Support:AbsoluteTimeout"] = "08:00:00",
            ["Sessions:Roles:Support:MaxPerUser"] = "1",
            ["Sessions:Roles:Admin:IdleTimeout"] = "00:05:00",
            ["Sessions:Roles:Admin:AbsoluteTimeout"] = "90.00:00:00",
            ["Sessions:Roles:Admin:MaxPerUser"] = "0",
        }));
        SessionTerms support = new(TimeSpan.FromMinutes(15), TimeSpan.FromHours(8), 1), both = support with { IdleTimeout = TimeSpan.FromMinutes(5) };

        Assert.Equal(support, policy.TermsFor(PersonWith("Support"), remembered: false));
        Assert.Equal(support, policy.TermsFor(PersonWith("Support"), remembered: true));
        Assert.Equal(both, policy.TermsFor(PersonWith("Admin", "Support"), remembered: true));
        Assert.Equal(new(TimeSpan.FromMinutes(5), TimeSpan.FromDays(30), 100), policy.TermsFor(PersonWith("Admin"), remembered: true));
        Assert.Equal(policy.TermsFor(Nobody, remembered: false), policy.TermsFor(PersonWith("Auditor"), remembered: false));
    }

    [Fact]
    public void A_secret_is_due_to_rotate_after_the_interval_unless_rotation_is_off()
    {
        var session = Samples.Session(Noon) with { SecretSince = Noon };
        SessionPolicy on = new() { RotationInterval = TimeSpan.FromMinutes(15) }, off = new() { RotationInterval = TimeSpan.Zero };

        Assert.False(on.IsRotationDue(session, Noon.AddMinutes(15).AddMilliseconds(-1)));
        Assert.True(on.IsRotationDue(session, Noon.AddMinutes(15)));
        Assert.False(off.IsRotationDue(session, Noon.AddYears(1)));
    }

    private static ClaimsPrincipal Nobody { get; } = new();

    private static ClaimsPrincipal PersonWith(params string[] roles) => new(new ClaimsIdentity(roles.Select(role => new Claim(ClaimTypes.Role, role))));

    private static UserSession SessionOf(TimeSpan idleTimeout) => Samples.Session(Noon) with { IdleTimeout = idleTimeout };

    private static ConfigurationBuilder With(string name, string value)
    {
        var settings = new ConfigurationBuilder();
        settings.AddInMemoryCollection([KeyValuePair.Create($"{SessionPolicy.Section}:{name}", (string?)value)]);
        return settings;
    }

    private static SessionPolicy Bind(IConfigurationBuilder settings)
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(settings.Build());
        services.AddOptions<SessionPolicy>().BindConfiguration(SessionPolicy.Section).ValidateDataAnnotations();
        return services.BuildServiceProvider().GetRequiredService<IOptions<SessionPolicy>>().Value;
    }

    private static TimeSpan Span(string text) => TimeSpan.Parse(text);
}
