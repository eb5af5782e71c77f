using System.Text;

namespace WebApp.Benchmarks.Machine;

/// <param name="What">In words.</param>
/// <param name="Target">In words.</param>
/// <param name="Reached">Null when it was not measured.</param>
/// <param name="Met">Whether the median keeps it; null when it was not measured.</param>
/// <param name="Format">Of the numbers.</param>
internal sealed record Goal(string What, string Target, Spread? Reached, bool? Met, string Format)
{
    public static Goal AtMost(string what, double limit, string format, Spread? reached) =>
        new(what, $"at most {limit.ToString(format)}", reached, reached is null ? null : reached.Median <= limit, format);

    public static Goal AtLeast(string what, double limit, string format, Spread? reached) =>
        new(what, $"at least {limit.ToString(format)}", reached, reached is null ? null : reached.Median >= limit, format);

    /// <summary>A section of a report.</summary>
    public static void Append(StringBuilder text, IEnumerable<Goal> goals)
    {
        text.AppendLine("## Targets").AppendLine().AppendLine("| | target | reached | |").AppendLine("|---|---|---|---|");
        foreach (var goal in goals)
            text.AppendLine($"| {goal.What} | {goal.Target} | {goal.Reached?.ToString(goal.Format) ?? "not measured"} | {goal.Met switch { true => "met", false => "**not met**", null => "" }} |");
    }
}
