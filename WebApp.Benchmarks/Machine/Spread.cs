using System.Globalization;
using System.Text.Json.Serialization;

namespace WebApp.Benchmarks.Machine;

/// <summary>Several measurements of one thing: the middle one, and how far they lie apart.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    /// <summary>From the smallest to the largest, as a share of the median.</summary>
    [JsonIgnore]
    public double Width => Median == 0 ? 0 : (Max - Min) / Median;

    /// <summary>Null for no measurements.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
            return null;

        var middle = sorted.Length / 2;
        return new(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>The median, and the range in brackets if there is any.</summary>
    /// <param name="format">A numeric format, such as <c>N0</c>.</param>
    public string ToString(string format)
    {
        var (median, min, max) = (Words(Median, format), Words(Min, format), Words(Max, format));
        return min == max ? median : $"{median} ({min} to {max})";
    }

    /// <summary>Less than nothing by less than is shown: nothing.</summary>
    private static string Words(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture) is var text && text.AsSpan().ContainsAnyInRange('1', '9')
        ? text
        : text.TrimStart('-');
}
