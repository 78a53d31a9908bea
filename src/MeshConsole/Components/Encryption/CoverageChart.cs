using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.History;

namespace MeshConsole.Components.Encryption;

/// <summary>
/// Where the bars of the coverage chart stand. Pure; in a box of 600 by 140. A bar per point: encrypted from below, plaintext
/// from above, what is not known between them. A gap has no bar, a time without traffic a line at the foot.
/// </summary>
/// <param name="Bottom">Encrypted share at the foot, so that a few percent of plaintext can be seen.</param>
/// <param name="Marks">Changes of policy by the bar they fall into, at their place from 0 to 1.</param>
internal sealed record CoverageChart(string Mutual, string Unknown, string Plaintext, string Idle, double Bottom, ImmutableArray<CoverageBar> Bars, ImmutableArray<ChartMark> Marks)
{
    public const double Width = 600;
    public const double Height = 140;

    private static readonly double[] s_bottoms = [0.95, 0.9, 0.8, 0.5];

    public static CoverageChart Of(CoverageTrend trend)
    {
        var count = Math.Max(trend.Points.Length, 1);
        var width = Width / count;
        var least = trend.Points.Where(point => point is { Total: > 0 }).Select(point => point!.Mutual / point.Total).DefaultIfEmpty(1).Min();
        var bottom = s_bottoms.FirstOrDefault(candidate => candidate < least);
        var (mutual, unknown, plaintext, idle) = (new StringBuilder(), new StringBuilder(), new StringBuilder(), new StringBuilder());
        var bars = ImmutableArray.CreateBuilder<CoverageBar>(trend.Points.Length);
        for (var i = 0; i < trend.Points.Length; i++)
        {
            var (point, x) = (trend.Points[i], i * width);
            bars.Add(new CoverageBar(trend.Start + (trend.Step * i), x, width, point));
            if (point is null)
            {
                continue;
            }

            if (point.Total <= 0)
            {
                Bar(idle, x, width, Height - 2, Height);
                continue;
            }

            var (open, untold) = (point.Plaintext / point.Total, point.Unknown / point.Total);
            Bar(plaintext, x, width, Y(1), Y(1 - open));
            Bar(unknown, x, width, Y(1 - open), Y(1 - open - untold));
            Bar(mutual, x, width, Y(1 - open - untold), Height);
        }

        return new CoverageChart(mutual.ToString(), unknown.ToString(), plaintext.ToString(), idle.ToString(), bottom, bars.ToImmutable(), MarksOf(trend, count));

        double Y(double share) => Height - (Math.Clamp((share - bottom) / (1 - bottom), 0, 1) * Height);
    }

    private static void Bar(StringBuilder path, double x, double width, double top, double foot)
    {
        if (foot > top)
        {
            path.Append(CultureInfo.InvariantCulture, $"M{x:0.##} {top:0.##}h{width:0.##}V{foot:0.##}h{-width:0.##}z");
        }
    }

    /// <summary>Marks of one bar are one: they would lie on each other.</summary>
    private static ImmutableArray<ChartMark> MarksOf(CoverageTrend trend, int count)
    {
        var number = 0;
        return
        [
            .. trend.Marks
                .Select(mark => (Number: ++number, Index: Math.Clamp((int)((mark.At - trend.Start + trend.Step) / trend.Step), 0, count - 1)))
                .GroupBy(mark => mark.Index, mark => mark.Number)
                .Select(bar => new ChartMark((bar.Key + 0.5) / count, bar.First(), bar.Last())),
        ];
    }
}

/// <summary>One point: the time its window ended, and its place.</summary>
internal readonly record struct CoverageBar(DateTimeOffset At, double X, double Width, SecuritySplit? Split);

/// <param name="Place">0..1 of the width.</param>
/// <param name="First">Number of the first change, as the list below the chart counts.</param>
internal readonly record struct ChartMark(double Place, int First, int Last)
{
    public string Text => First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}–{Last}");
}
