using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>The section as operators write it: a mistake stops the start, and its sentence names the setting.</summary>
[Trait("Lane", "Fast")]
public sealed class SessionSettingsTests
{
    [Theory]
    [InlineData("RecentSignIn", "00:00:00", "Sessions:RecentSignIn is 00:00:00. It must be longer than zero.")]
    [InlineData("RecentSignIn", "-00:01:00", "Sessions:RecentSignIn is -00:01:00. It must be longer than zero.")]
    [InlineData("TravelWindow", "00:00:00", "Sessions:TravelWindow is 00:00:00. It must be longer than zero.")]
    [InlineData("TravelWindow", "-02:00:00", "Sessions:TravelWindow is -02:00:00. It must be longer than zero.")]
    [InlineData("TravelWindow", "3660.00:00:01", "Sessions:TravelWindow is 3660.00:00:01. It must not be longer than ten years.")]
    [InlineData("RotationInterval", "30.00:00:00", "Sessions:RotationInterval (30.00:00:00) is as long as any session can last, so it could never take effect.")]
    [InlineData("CountryHeader", "", "Sessions:CountryHeader is \"\", which is no header's name.")]
    [InlineData("CountryHeader", "CF IPCountry", "Sessions:CountryHeader is \"CF IPCountry\", which is no header's name.")]
    [InlineData("Signals:Travel:Action", "Lock", "Sessions:Signals:Travel:Action is Lock, but without Sessions:CountryHeader no country is known")]
    [InlineData("Signals:CountryChanged:Action", "End", "Sessions:Signals:CountryChanged:Action is End, but without Sessions:CountryHeader no country is known")]
    [InlineData("Roles:Support:AbsoluteTimeout", "00:00:00", "Sessions:Roles:Support:AbsoluteTimeout is 00:00:00. It must be longer than zero.")]
    public void A_senseless_value_is_refused(string name, string value, string message) => AssertRefused(message, (name, value));

    [Theory]
    [InlineData("Preset", "Aal4", "Sessions:Preset is \"Aal4\". It must be one of Aal1, Aal2, Aal3.")]
    [InlineData("Preset", "7", "Sessions:Preset is \"7\". It must be one of Aal1, Aal2, Aal3.")]
    [InlineData("Signals:BrowserChanged:Action", "Explode", "Sessions:Signals:BrowserChanged:Action is \"Explode\". It must be one of Off, Log, Notify, Lock, End.")]
    [InlineData("Signals:BrowserChanged:Action", "9", "Sessions:Signals:BrowserChanged:Action is \"9\". It must be one of Off, Log, Notify, Lock, End.")]
    [InlineData("Signals:Travel:Action", "Lock, End", "Sessions:Signals:Travel:Action is \"Lock, End\". It must be one of Off, Log, Notify, Lock, End.")]
    [InlineData("Signals:TwoNetworks:DryRun", "maybe", "Sessions:Signals:TwoNetworks:DryRun is \"maybe\". It must be true or false.")]
    [InlineData("MaxPerUser", "many", "Sessions:MaxPerUser is \"many\". It must be a whole number.")]
    [InlineData("IdleTimeout", "an hour", "Sessions:IdleTimeout is \"an hour\". It must be a time such as 00:30:00, or 7.00:00:00 for seven days.")]
    [InlineData("IdleTimeout", "", "Sessions:IdleTimeout is \"\". It must be a time")]
    // The framework passes over these without a word.
    [InlineData("Roles:Support:IdleTimeout", "15 min", "Sessions:Roles:Support:IdleTimeout is \"15 min\". It must be a time")]
    [InlineData("Roles:Support:MaxPerUser", "one", "Sessions:Roles:Support:MaxPerUser is \"one\". It must be a whole number.")]
    // The framework reads these as 24 and as 30 days.
    [InlineData("AbsoluteTimeout", "24:00:00", "Sessions:AbsoluteTimeout is \"24:00:00\". It must be a time")]
    [InlineData("AbsoluteTimeout", "30", "Sessions:AbsoluteTimeout is \"30\". It must be a time")]
    public void A_value_that_can_not_be_read_is_refused_with_what_it_should_be(string name, string value, string message) => AssertRefused(message, (name, value));

    [Theory]
    [InlineData("IdelTimeout", "00:15:00", "Sessions:IdelTimeout is not a setting. Sessions has ")]
    [InlineData("Roles:Support:IdelTimeout", "00:15:00", "Sessions:Roles:Support:IdelTimeout is not a setting. Sessions:Roles:Support has IdleTimeout, AbsoluteTimeout, MaxPerUser.")]
    [InlineData("Signals:BrowserChange:Action", "End", "Sessions:Signals:BrowserChange is not a setting. Sessions:Signals has BrowserChanged, CountryChanged, Travel, TwoNetworks.")]
    [InlineData("Signals:BrowserChanged:Dry", "true", "Sessions:Signals:BrowserChanged:Dry is not a setting. Sessions:Signals:BrowserChanged has Action, DryRun")]
    [InlineData("Signals:BrowserChanged", "End", "Sessions:Signals:BrowserChanged is \"End\". It has settings of its own: Action, DryRun")]
    [InlineData("Signals", "Off", "Sessions:Signals is \"Off\". It has settings of its own: BrowserChanged, ")]
    [InlineData("Roles", "Support", "Sessions:Roles is \"Support\". It has settings of its own: names of your own.")]
    [InlineData("Preset:Aal2", "true", "Sessions:Preset:Aal2 is not a setting.")]
    public void A_name_that_is_no_setting_is_refused_with_those_that_are(string name, string value, string message) => AssertRefused(message, (name, value));

    [Fact]
    public void All_mistakes_are_told_at_once() =>
        Assert.Equal(2, Refused(("IdelTimeout", "00:15:00"), ("MaxPerUser", "many")).Failures.Count());

    [Fact]
    public void Names_and_words_are_read_in_any_case_and_everything_can_be_set()
    {
        var policy = Read(
            ("idletimeout", "00:10:00"), ("PRESET", "aal2"), ("Store", "sql"), ("CountryHeader", "CF-IPCountry"), ("Signals:travel:action", "lock"),
            ("Signals:Travel:DryRun", "TRUE"), ("roles:support:maxperuser", "1"));

        Assert.Equal(TimeSpan.FromMinutes(10), policy.IdleTimeout);
        Assert.Equal((SessionPreset.Aal2, SessionStoreKind.Sql, "CF-IPCountry"), (policy.Preset, policy.Store, policy.CountryHeader));
        Assert.Equal((SignalAction.Lock, true), (policy.Signals.Travel.Action, policy.Signals.Travel.DryRun));
        Assert.Equal(1, policy.Roles["Support"].MaxPerUser);
    }

    [Fact]
    public void What_is_left_out_is_as_the_code_has_it() => Assert.Equivalent(new SessionPolicy(), Read());

    [Fact]
    public void The_first_level_leaves_the_defaults_as_they_are()
    {
        var policy = Read(("Preset", "Aal1"));

        Assert.Equivalent(new SessionPolicy { Preset = SessionPreset.Aal1 }, policy);
    }

    // NIST SP 800-63B-4, sections 2.2.3 and 2.3.3.
    [Theory]
    [InlineData("Aal2", "01:00:00", "1.00:00:00", "00:15:00")]
    [InlineData("Aal3", "00:15:00", "12:00:00", "00:15:00")]
    public void A_higher_level_shortens_the_defaults_and_a_remembered_session_gets_no_more(string preset, string idle, string absolute, string recent)
    {
        var policy = Read(("Preset", preset));

        Assert.Equal((Span(idle), Span(absolute)), (policy.IdleTimeout, policy.AbsoluteTimeout));
        Assert.Equal((Span(idle), Span(absolute)), (policy.RememberedIdleTimeout, policy.RememberedAbsoluteTimeout));
        Assert.Equal(Span(recent), policy.RecentSignIn);
    }

    [Theory]
    [InlineData("Aal1", "AbsoluteTimeout", "30.00:00:00")]
    [InlineData("Aal1", "RememberedAbsoluteTimeout", "30.00:00:00")]
    [InlineData("Aal2", "IdleTimeout", "01:00:00")]
    [InlineData("Aal2", "AbsoluteTimeout", "1.00:00:00")]
    [InlineData("Aal2", "RememberedIdleTimeout", "01:00:00")]
    [InlineData("Aal2", "RememberedAbsoluteTimeout", "1.00:00:00")]
    [InlineData("Aal2", "RecentSignIn", "01:00:00")]
    [InlineData("Aal3", "IdleTimeout", "00:15:00")]
    [InlineData("Aal3", "AbsoluteTimeout", "12:00:00")]
    [InlineData("Aal3", "RememberedIdleTimeout", "00:15:00")]
    [InlineData("Aal3", "RememberedAbsoluteTimeout", "12:00:00")]
    [InlineData("Aal3", "RecentSignIn", "00:15:00")]
    public void Under_a_preset_a_setting_may_be_as_long_as_the_limit_or_shorter_and_no_longer(string preset, string name, string limit)
    {
        var moment = TimeSpan.FromMilliseconds(1);
        var (stricter, looser) = ((Span(limit) - moment).ToString(), (Span(limit) + moment).ToString());

        Read(("Preset", preset), (name, limit));
        Read(("Preset", preset), (name, stricter));
        AssertRefused($"Sessions:{name} is {looser}, but Sessions:Preset {preset} allows {limit} at most.", ("Preset", preset), (name, looser));
    }

    [Fact]
    public async Task The_app_does_not_start_under_a_preset_that_its_settings_break()
    {
        await using var app = new ProductionApp();
        app.Settings["Sessions:Preset"] = "Aal3";
        app.Settings["Sessions:RememberedAbsoluteTimeout"] = "30.00:00:00";

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains("Sessions:RememberedAbsoluteTimeout is 30.00:00:00, but Sessions:Preset Aal3 allows 12:00:00 at most.", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_does_not_start_with_a_setting_that_does_not_exist()
    {
        await using var app = new ProductionApp();
        app.Settings["Sessions:IdelTimeout"] = "00:15:00";

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains("Sessions:IdelTimeout is not a setting.", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_a_preset_people_who_asked_to_be_kept_signed_in_are_held_to_it_as_well()
    {
        await using var app = new TestApp { Settings = { ["Sessions:Preset"] = "Aal3" } };
        using var browser = await app.NewUserAsync();
        await browser.SignInAsync(browser.Email, remember: true);
        var cookie = browser.SessionCookie;

        app.Clock.Advance(TimeSpan.FromMinutes(16));

        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal(cookie, browser.SessionCookie);
    }

    private static void AssertRefused(string message, params (string Name, string Value)[] settings) =>
        Assert.Contains(Refused(settings).Failures, failure => failure.Contains(message, StringComparison.Ordinal));

    private static OptionsValidationException Refused(params (string Name, string Value)[] settings) =>
        Assert.Throws<OptionsValidationException>(() => Read(settings));

    private static SessionPolicy Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"{SessionPolicy.Section}:{setting.Name}", (string?)setting.Value))).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration);
        services.AddOptions<SessionPolicy>().Configure<IConfiguration>(SessionSettings.Read).ValidateDataAnnotations();
        return services.BuildServiceProvider().GetRequiredService<IOptions<SessionPolicy>>().Value;
    }

    private static TimeSpan Span(string text) => TimeSpan.Parse(text);
}
