using WebApp.Pages;

namespace WebApp.Tests.Pages.Shared;

/// <summary>The same words as <c>wwwroot/times.js</c>.</summary>
[Trait("Lane", "Fast")]
public sealed class RelativeTimeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("00:00:00", "just now")]
    [InlineData("00:00:59.999", "just now")]
    [InlineData("00:01:00", "1 minute ago")]
    [InlineData("00:01:59.999", "1 minute ago")]
    [InlineData("00:02:00", "2 minutes ago")]
    [InlineData("00:59:59.999", "59 minutes ago")]
    [InlineData("01:00:00", "1 hour ago")]
    [InlineData("01:59:59", "1 hour ago")]
    [InlineData("02:00:00", "2 hours ago")]
    [InlineData("23:59:59", "23 hours ago")]
    [InlineData("1.00:00:00", "1 day ago")]
    [InlineData("1.23:59:59", "1 day ago")]
    [InlineData("2.00:00:00", "2 days ago")]
    [InlineData("59.23:59:59", "59 days ago")]
    [InlineData("60.00:00:00", "on 22 September 2026")]
    public void What_is_over_is_counted_in_full_units(string ago, string words) =>
        Assert.Equal(words, RelativeTime.Describe(Now - TimeSpan.Parse(ago), Now));

    [Theory]
    [InlineData("00:00:00.001", "in less than a minute")]
    [InlineData("00:00:29", "in less than a minute")]
    [InlineData("00:00:30", "in 1 minute")]
    [InlineData("00:01:29", "in 1 minute")]
    [InlineData("00:01:30", "in 2 minutes")]
    [InlineData("00:02:30", "in 3 minutes")]
    [InlineData("00:59:29", "in 59 minutes")]
    [InlineData("00:59:30", "in 1 hour")]
    [InlineData("01:29:29", "in 1 hour")]
    [InlineData("01:30:00", "in 2 hours")]
    [InlineData("02:30:00", "in 3 hours")]
    [InlineData("23:29:00", "in 23 hours")]
    [InlineData("23:59:30", "in 1 day")]
    [InlineData("1.11:59:00", "in 1 day")]
    [InlineData("2.12:00:00", "in 3 days")]
    [InlineData("29.23:59:00", "in 30 days")]
    [InlineData("60.00:00:00", "on 20 January 2027")]
    public void What_is_to_come_is_rounded(string ahead, string words) =>
        Assert.Equal(words, RelativeTime.Describe(Now + TimeSpan.Parse(ahead), Now));

    [Fact]
    public void A_date_far_away_is_that_of_utc() =>
        Assert.Equal("on 31 December 2025", RelativeTime.Describe(new(2026, 1, 1, 1, 0, 0, TimeSpan.FromHours(2)), Now));
}
