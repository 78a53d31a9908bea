using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Overview;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>Where the parts of a chart of a report stand. Pure; in a box of 700 by 132 with its axes in it.</summary>
/// <param name="Line">One path, broken where the number is not known.</param>
/// <param name="Area">The same down to zero.</param>
/// <param name="Gaps">Where nothing is known.</param>
/// <param name="Top">Value at the upper edge of the plot; the lower one is zero.</param>
/// <param name="OnsetX">Null when the onset lies outside.</param>
/// <param name="EndX">Null while the incident goes on, and when its end lies outside.</param>
internal sealed record ReportChart(
    string Line,
    string Area,
    ImmutableArray<(double X, double Width)> Gaps,
    double Top,
    ImmutableArray<(double X, string Text)> Ticks,
    double? OnsetX,
    double? EndX,
    ImmutableArray<(double X, int First, int Last)> Marks)
{
    public const double Width = 700;
    public const double Height = 132;
    public const double Left = 62;
    public const double Right = 690;
    public const double PlotTop = 24;
    public const double PlotFoot = 112;

    /// <summary>Numbers of marks nearer to each other than this would lie on one another.</summary>
    private const double MarkRoom = 17;

    private const int MostTicks = 7;

    private static readonly ImmutableArray<TimeSpan> s_steps =
    [
        TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(2), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(7),
    ];

    /// <summary>Null with fewer than two points, or when none is known.</summary>
    /// <param name="share">Whether it is a share 0..1.</param>
    /// <param name="changes">Instants of what changed, as they are numbered from 1 on.</param>
    public static ReportChart? Of(Trend trend, bool share, DateTimeOffset onset, DateTimeOffset? end, ImmutableArray<DateTimeOffset> changes)
    {
        if (trend.Points.Length < 2 || !trend.IsKnown)
        {
            return null;
        }

        var (from, to) = (trend.Start, trend.Start + (trend.Step * (trend.Points.Length - 1)));
        var top = Ceiling(trend.Points.Max() ?? 0, share);
        var (line, area) = (new StringBuilder(), new StringBuilder());
        var gaps = ImmutableArray.CreateBuilder<(double, double)>();
        for (var i = 0; i < trend.Points.Length;)
        {
            var last = i;
            var known = trend.Points[i] is not null;
            while (last + 1 < trend.Points.Length && trend.Points[last + 1] is not null == known)
            {
                last++;
            }

            if (known)
            {
                area.Append(CultureInfo.InvariantCulture, $"M{At(i):0.#} {PlotFoot}");
                for (var point = i; point <= last; point++)
                {
                    var y = Y(trend.Points[point]!.Value);
                    line.Append(CultureInfo.InvariantCulture, $"{(point == i ? "M" : "L")}{At(point):0.#} {y:0.#}");
                    area.Append(CultureInfo.InvariantCulture, $"L{At(point):0.#} {y:0.#}");
                }

                // A lone point is seen as a dot of the round cap.
                line.Append(i == last ? "h0" : "");
                area.Append(CultureInfo.InvariantCulture, $"L{At(last):0.#} {PlotFoot}Z");
            }
            else
            {
                var (left, right) = (At(Math.Max(0, i - 1)), At(Math.Min(trend.Points.Length - 1, last + 1)));
                gaps.Add((left, right - left));
            }

            i = last + 1;
        }

        return new ReportChart(line.ToString(), area.ToString(), gaps.ToImmutable(), top, TicksOf(), X(onset), end is { } over ? X(over) : null, MarksOf());

        double At(int point) => Left + ((Right - Left) * point / (trend.Points.Length - 1));

        double Y(double value) => PlotFoot - ((PlotFoot - PlotTop) * Math.Clamp(value / top, 0, 1));

        double? X(DateTimeOffset at) => at < from || at > to ? null : Left + ((Right - Left) * ((at - from) / (to - from)));

        ImmutableArray<(double, string)> TicksOf()
        {
            var step = s_steps.FirstOrDefault(candidate => (to - from) / candidate <= MostTicks, s_steps[^1]);
            var ticks = ImmutableArray.CreateBuilder<(double, string)>();
            for (var at = new DateTimeOffset(((from.UtcTicks + step.Ticks - 1) / step.Ticks) * step.Ticks, TimeSpan.Zero); at <= to; at += step)
            {
                ticks.Add((X(at)!.Value, at.ToString(at.TimeOfDay == TimeSpan.Zero || step >= TimeSpan.FromDays(1) ? "d MMM" : "HH:mm", CultureInfo.InvariantCulture)));
            }

            return ticks.ToImmutable();
        }

        ImmutableArray<(double, int, int)> MarksOf()
        {
            var marks = ImmutableArray.CreateBuilder<(double X, int First, int Last)>();
            for (var i = 0; i < changes.Length; i++)
            {
                if (X(changes[i]) is not { } x)
                {
                    continue;
                }

                if (marks.Count > 0 && x - marks[^1].X < MarkRoom)
                {
                    marks[^1] = marks[^1] with { Last = i + 1 };
                }
                else
                {
                    marks.Add((x, i + 1, i + 1));
                }
            }

            return marks.ToImmutable();
        }
    }

    /// <summary>The next of 1, 2, 5 times a power of ten; of a share never above one. One for a line along zero.</summary>
    internal static double Ceiling(double value, bool share)
    {
        if (value <= 0)
        {
            return share ? 0.01 : 1;
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var nice = new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(candidate => candidate >= value * 0.999999);
        return share ? Math.Min(1, Math.Max(nice, 0.01)) : nice;
    }
}
