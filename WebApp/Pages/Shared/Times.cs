using System.Globalization;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace WebApp.Pages;

/// <summary>Times as people say them. <c>wwwroot/times.js</c> speaks the same words while a page stays open.</summary>
public static class RelativeTime
{
    private const int MinutesPerHour = 60;
    private const int MinutesPerDay = 24 * MinutesPerHour;
    private const int LongestInDays = 60;

    /// <summary>"3 minutes ago", "in 2 hours", "just now"; a date when it is far away.</summary>
    public static string Describe(DateTimeOffset at, DateTimeOffset now)
    {
        var past = at <= now;
        // What is over is counted in full units; what is to come is rounded, or a fresh day would read "in 23 hours".
        var minutes = past ? Math.Floor((now - at).TotalMinutes) : Round((at - now).TotalMinutes);
        if (minutes < 1)
            return past ? "just now" : "in less than a minute";
        if (minutes >= LongestInDays * MinutesPerDay)
            return at.UtcDateTime.ToString("'on' d MMMM yyyy", CultureInfo.InvariantCulture);

        var (size, unit) = minutes switch
        {
            < MinutesPerHour => (1, "minute"),
            < MinutesPerDay => (MinutesPerHour, "hour"),
            _ => (MinutesPerDay, "day"),
        };
        var amount = past ? Math.Floor(minutes / size) : Round(minutes / size);
        var words = $"{amount} {unit}{(amount == 1 ? "" : "s")}";
        return past ? $"{words} ago" : $"in {words}";
    }

    // Halves go up, as in the script: the framework's own choice, the even neighbour, would let "in 2 hours" become "in 3 hours" as time goes by.
    private static double Round(double number) => Math.Round(number, MidpointRounding.AwayFromZero);
}

public enum TimeFormat
{
    /// <summary>"3 minutes ago": for what people follow.</summary>
    Relative,

    /// <summary>"21 November 2026": for what lies far back.</summary>
    Date,

    /// <summary>To the second, in UTC: for evidence.</summary>
    Exact,
}

/// <summary><c>&lt;time at="…"&gt;</c> becomes words, with the exact UTC time in <c>datetime</c> and <c>title</c>.</summary>
[HtmlTargetElement("time", Attributes = "at")]
public sealed class TimeTagHelper(TimeProvider clock) : TagHelper
{
    public DateTimeOffset At { get; set; }

    public TimeFormat As { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("datetime", At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        var exact = At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        output.Attributes.SetAttribute("title", exact);
        if (As == TimeFormat.Relative)
            output.Attributes.SetAttribute("data-relative", ""); // times.js keeps it fresh.
        output.Content.SetContent(As switch
        {
            TimeFormat.Exact => exact,
            TimeFormat.Date => At.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
            _ => RelativeTime.Describe(At, clock.GetUtcNow()),
        });
    }
}
