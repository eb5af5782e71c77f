using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

[Trait("Lane", "Fast")]
public sealed class SignalSettingsTests
{
    [Theory]
    [InlineData("Sessions:Signals:BrowserChanged:Action", "Shout", "Sessions:Signals:BrowserChanged:Action")]
    [InlineData("Sessions:Signals:TwoNetworks:Action", "7", "Sessions:Signals:TwoNetworks:Action is \"7\". It must be one of Off, Log, Notify, Lock, End.")]
    [InlineData("Sessions:Signals:Travel:DryRun", "perhaps", "Sessions:Signals:Travel:DryRun")]
    [InlineData("Sessions:CountryHeader", "CF IPCountry", "Sessions:CountryHeader is \"CF IPCountry\", which is no header's name.")]
    [InlineData("Sessions:TravelWindow", "00:00:00", "Sessions:TravelWindow is 00:00:00. It must be longer than zero.")]
    public async Task A_mistake_in_a_rule_stops_the_start_and_is_named(string setting, string value, string message)
    {
        await using var app = new ProductionApp();
        app.Settings[setting] = value;

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains(message, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_is_set_by_its_name()
    {
        await using var app = new TestApp
        {
            Settings =
            {
                ["Sessions:CountryHeader"] = "CF-IPCountry",
                ["Sessions:Signals:CountryChanged:Action"] = "End",
                ["Sessions:Signals:CountryChanged:DryRun"] = "true",
                ["Sessions:Signals:Travel:DryRun"] = "true",
            },
        };

        var rules = app.Services.GetRequiredService<IOptions<SessionPolicy>>().Value.Signals;

        Assert.Equal((SignalAction.End, true), (rules.CountryChanged.Action, rules.CountryChanged.DryRun));
        Assert.Equal((SignalAction.Notify, true), (rules.Travel.Action, rules.Travel.DryRun));
        Assert.Equal((SignalAction.Lock, false), (rules.BrowserChanged.Action, rules.BrowserChanged.DryRun));
    }
}
