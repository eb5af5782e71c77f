using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>Mistakes in the settings of leashes and limits stop the start, and are named.</summary>
[Trait("Lane", "Fast")]
public sealed class SharedAndAskSettingsTests
{
    [Theory]
    [InlineData("WhenTooMany", "Sometimes", "Sessions:WhenTooMany")]
    [InlineData("WhenTooMany", "7", "Sessions:WhenTooMany is \"7\". It must be one of Evict, Ask.")]
    [InlineData("SharedTimeout", "00:00:00", "Sessions:SharedTimeout is 00:00:00. It must be longer than zero.")]
    [InlineData("SharedTimeout", "-00:20:00", "Sessions:SharedTimeout is -00:20:00. It must be longer than zero.")]
    [InlineData("SharedTimeout", "9999.00:00:00", "Sessions:SharedTimeout is 9999.00:00:00. It must not be longer than ten years.")]
    public async Task A_mistake_is_refused_in_words(string setting, string value, string message)
    {
        await using var app = new TestApp { Settings = { [$"Sessions:{setting}"] = value } };

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains(message, refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:20:00", "20 minutes")]
    [InlineData("01:00:00", "1 hour")]
    [InlineData("2.00:00:00", "2 days")]
    [InlineData("00:01:30", "90 seconds")]
    public void A_length_of_time_is_said_in_whole_units(string time, string words) => Assert.Equal(words, WebApp.Pages.Words.Of(TimeSpan.Parse(time)));
}
