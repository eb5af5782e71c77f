using WebApp.Audit;

namespace WebApp.Pages.Admin;

/// <summary>What a bar chart of the last 24 hours of the clock shows, the one under way included.</summary>
/// <param name="Id">Unique on the page.</param>
/// <param name="Title">What is counted.</param>
/// <param name="Hours">Each hour's beginning (UTC) and its number, oldest first.</param>
/// <param name="Actions">What the audit log calls it.</param>
public sealed record HourChart(string Id, string Title, IReadOnlyList<(DateTimeOffset Hour, int Count)> Hours, IReadOnlyList<AuditAction> Actions)
{
    public const int HourCount = 24;

    /// <summary>In the units of the drawing.</summary>
    public const int Height = 100;

    public int Total => Hours.Sum(hour => hour.Count);

    public int Most => Hours.Max(hour => hour.Count);

    /// <summary>What is not nothing can be seen.</summary>
    public int HeightOf(int count) => count == 0 ? 0 : Math.Max(2, (int)((long)Height * count / Most));

    /// <summary>The beginning of the chart's first hour.</summary>
    public static DateTimeOffset FirstHour(DateTimeOffset now) => new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero).AddHours(1 - HourCount);

    public static HourChart Of(string id, string title, DateTimeOffset first, IReadOnlyList<HourlyCount> counts, IReadOnlyList<AuditAction> actions)
    {
        var byHour = counts.Where(count => actions.Contains(count.Action)).GroupBy(count => count.Hour).ToDictionary(hour => hour.Key, hour => hour.Sum(count => count.Count));
        return new(id, title, [.. Enumerable.Range(0, HourCount).Select(i => first.AddHours(i)).Select(hour => (hour, byHour.GetValueOrDefault(hour)))], actions);
    }
}
