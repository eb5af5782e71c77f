using WebApp.Audit;

namespace WebApp.Pages.Admin;

/// <summary>What a bar chart of the last 24 hours of the clock shows, the one under way included.</summary>
/// <param name="Id">Unique on the page.</param>
/// <param name="Title">What is counted.</param>
/// <param name="Hours">Each hour's beginning (UTC) and its number, oldest first.</param>
/// <param name="Parts">What the audit log calls it, and how often each was; without those that were not.</param>
public sealed record HourChart(string Id, string Title, IReadOnlyList<(DateTimeOffset Hour, int Count)> Hours, IReadOnlyList<(AuditAction Action, int Count)> Parts)
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
        var own = counts.Where(count => actions.Contains(count.Action)).ToList();
        var byHour = own.GroupBy(count => count.Hour).ToDictionary(hour => hour.Key, hour => hour.Sum(count => count.Count));
        var byAction = own.GroupBy(count => count.Action).ToDictionary(action => action.Key, action => action.Sum(count => count.Count));
        return new(id, title,
            [.. Enumerable.Range(0, HourCount).Select(i => first.AddHours(i)).Select(hour => (hour, byHour.GetValueOrDefault(hour)))],
            [.. actions.Where(byAction.ContainsKey).Select(action => (action, byAction[action]))]);
    }
}
