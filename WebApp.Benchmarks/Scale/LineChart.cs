using System.Globalization;
using System.Net;
using System.Text;

namespace WebApp.Benchmarks.Scale;

/// <summary>Lines over a logarithmic x axis, as a small SVG that needs nothing from outside. Its background is white, so it reads on any page.</summary>
/// <param name="Title">Above it.</param>
/// <param name="X">What the x axis counts.</param>
/// <param name="Unit">The y axis'.</param>
/// <param name="FromZero">Whether the y axis is linear and begins at zero; otherwise it is logarithmic.</param>
/// <param name="Lines">At least one with a point.</param>
internal sealed record LineChart(string Title, string X, string Unit, bool FromZero, IReadOnlyList<ChartLine> Lines)
{
    private const int Width = 720;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = 190;
    private const int Top = 50;
    private const int Bottom = 55;
    private const int LabelDistance = 16;

    // Told apart by those who see fewer colours, too (Okabe and Ito).
    private static readonly string[] Colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00"];

    public string ToSvg()
    {
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#222">""")
            .AppendLine(CultureInfo.InvariantCulture, $"<title>{WebUtility.HtmlEncode(Title)}</title>")
            .AppendLine("""<rect width="100%" height="100%" fill="#fff"/>""")
            .AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="26" font-size="16" font-weight="600">{WebUtility.HtmlEncode(Title)}</text>""");
        foreach (var tick in YTicks())
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{Left}" x2="{Width - Right}" y1="{AtY(tick):F1}" y2="{AtY(tick):F1}" stroke="#ddd"/><text x="{Left - 8}" y="{AtY(tick) + 4:F1}" text-anchor="end">{tick:#,0.##}</text>""");
        foreach (var tick in XTicks())
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{AtX(tick):F1}" x2="{AtX(tick):F1}" y1="{Height - Bottom}" y2="{Height - Bottom + 5}" stroke="#222"/><text x="{AtX(tick):F1}" y="{Height - Bottom + 20}" text-anchor="middle">{tick:N0}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<path d="M{Left} {Top}V{Height - Bottom}H{Width - Right}" fill="none" stroke="#222"/>""")
            .AppendLine(CultureInfo.InvariantCulture, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{WebUtility.HtmlEncode(X)}</text>""")
            .AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left - 8}" y="{Top - 10}" text-anchor="end">{WebUtility.HtmlEncode(Unit)}</text>""");
        AppendLines(svg);
        return svg.AppendLine("</svg>").ToString();
    }

    private void AppendLines(StringBuilder svg)
    {
        var labelAt = double.MaxValue;
        // From below: a label that would cover the one before moves up.
        foreach (var (line, color) in Lines.Zip(Colors).Where(pair => pair.First.Points.Count > 0).OrderByDescending(pair => AtY(pair.First.Points[^1].Y)))
        {
            var path = string.Join('L', line.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{AtX(point.X):F1} {AtY(point.Y):F1}")));
            svg.AppendLine($"""<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>""");
            foreach (var (x, y) in line.Points)
                svg.AppendLine(CultureInfo.InvariantCulture, $"""<circle cx="{AtX(x):F1}" cy="{AtY(y):F1}" r="3.5" fill="{color}"/>""");
            labelAt = Math.Min(AtY(line.Points[^1].Y) + 4, labelAt - LabelDistance);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Width - Right + 10}" y="{labelAt:F1}" fill="{color}">{WebUtility.HtmlEncode(line.Name)}</text>""");
        }
    }

    private IEnumerable<(double X, double Y)> Points => Lines.SelectMany(line => line.Points);

    private double MaxY => Points.Max(point => point.Y);

    private double AtX(double x)
    {
        var (min, max) = (Math.Log10(Points.Min(point => point.X)), Math.Log10(Points.Max(point => point.X)));
        return Left + (max > min ? (Math.Log10(x) - min) / (max - min) * (Width - Left - Right) : (Width - Left - Right) / 2.0);
    }

    private double AtY(double y)
    {
        var ticks = YTicks();
        var share = FromZero ? y / ticks[^1] : Math.Log10(y / ticks[0]) / Math.Log10(ticks[^1] / ticks[0]);
        return Height - Bottom - (share * (Height - Top - Bottom));
    }

    private IEnumerable<double> XTicks() => Points.Select(point => point.X).Distinct();

    private double[] YTicks()
    {
        if (FromZero)
        {
            var step = StepFor(MaxY / 5);
            return [.. Enumerable.Range(0, (int)Math.Ceiling(MaxY / step) + 1).Select(i => i * step)];
        }

        var (first, last) = ((int)Math.Floor(Math.Log10(Points.Min(point => point.Y))), (int)Math.Ceiling(Math.Log10(MaxY)));
        return [.. Enumerable.Range(first, Math.Max(1, last - first) + 1).Select(power => Math.Pow(10, power))];
    }

    /// <summary>The next of 1, 2, 5, 10, 20 and so on.</summary>
    private static double StepFor(double atLeast)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        return power * (atLeast / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }
}

/// <param name="Name">Beside its end.</param>
/// <param name="Points">In the order of x.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points);
