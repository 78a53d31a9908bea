using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Components.Charts;

/// <summary>A change on the time axis, or several that lie too near to be told apart.</summary>
/// <param name="Place">0 at the left to 1.</param>
public sealed record ChartChange(double Place, ImmutableArray<TimelineEntry> Entries);

/// <summary>
/// Lines of a chart over one time axis, in a box of <see cref="Width"/> by <see cref="Height"/>: what is not known is no part of
/// a line, and a point alone is a dot.
/// </summary>
public sealed class ChartDrawing
{
    public const int Width = 600;
    public const int Height = 100;

    /// <summary>Changes nearer than this share of the width are one mark.</summary>
    private const double Together = 0.025;

    private readonly ImmutableArray<ChartSeries> _series;
    private readonly ImmutableArray<int> _skips;

    /// <param name="least">Least top of the value axis, so that noise in the last digit is not drawn as a storm.</param>
    public ChartDrawing(ImmutableArray<ChartSeries> series, double least)
    {
        _series = series;
        var kept = series.Where(one => one.Trend.Points.Length > 0).Select(one => one.Trend).ToList();
        if (kept.Count == 0)
        {
            (Step, _skips, Top) = (TimeSpan.FromMinutes(1), [.. series.Select(_ => 0)], least);
            return;
        }

        // Histories of one moment may begin a step apart, when a step ended between two reads.
        Step = kept[0].Step;
        Start = kept.Max(trend => trend.Start);
        _skips = [.. series.Select(one => one.Trend.Points.Length == 0 ? 0 : (int)Math.Round((Start - one.Trend.Start) / Step))];
        Count = Math.Max(0, kept.Min(trend => trend.Points.Length - (int)Math.Round((Start - trend.Start) / Step)));
        Top = ChartAxis.Top(Enumerable.Range(0, series.Length).SelectMany(line => Enumerable.Range(0, Count).Select(index => Value(line, index))).OfType<double>().DefaultIfEmpty().Max(), least);
    }

    public DateTimeOffset Start { get; }

    public TimeSpan Step { get; }

    /// <summary>Instants, a step apart.</summary>
    public int Count { get; }

    public DateTimeOffset End => At(Math.Max(0, Count - 1));

    /// <summary>Value at the upper edge.</summary>
    public double Top { get; }

    public bool IsKnown => Enumerable.Range(0, _series.Length).Any(line => Enumerable.Range(0, Count).Any(index => Value(line, index) is not null));

    public DateTimeOffset At(int index) => Start + (Step * index);

    /// <summary>Null where it is not known, or no number.</summary>
    public double? Value(int line, int index) =>
        index + _skips[line] is var at && at >= 0 && at < _series[line].Trend.Points.Length && _series[line].Trend.Points[at] is { } value && double.IsFinite(value) ? value : null;

    /// <summary>Instants at which no line is known.</summary>
    public int Gaps => Enumerable.Range(0, Count).Count(index => Enumerable.Range(0, _series.Length).All(line => Value(line, index) is null));

    /// <summary>Stretches of a line, each as data of a path.</summary>
    public IEnumerable<string> Paths(int line)
    {
        foreach (var (from, to) in Runs(line))
        {
            yield return from == to
                ? $"M{X(from)} {Y(Value(line, from)!.Value)}h0.01"
                : "M" + string.Join('L', Enumerable.Range(from, to - from + 1).Select(index => $"{X(index)} {Y(Value(line, index)!.Value)}"));
        }
    }

    /// <summary>Stretches of instants at which nothing is known, as left edge and width.</summary>
    public IEnumerable<(string X, string Width)> Blanks()
    {
        var from = -1;
        for (var index = 0; index <= Count; index++)
        {
            var blank = index < Count && Enumerable.Range(0, _series.Length).All(line => Value(line, index) is null);
            if (blank && from < 0)
            {
                from = index;
            }
            else if (!blank && from >= 0)
            {
                // From the last point that is known to the next one: between them nothing is.
                var (left, right) = (Math.Max(0, from - 1), Math.Min(Count - 1, index));
                yield return (X(left), Number((right - left) * Width / (double)Math.Max(1, Count - 1)));
                from = -1;
            }
        }
    }

    /// <summary>Those within the time, oldest first; what lies together is one mark.</summary>
    public ImmutableArray<ChartChange> Changes(ImmutableArray<TimelineEntry> entries)
    {
        var marks = new List<ChartChange>();
        foreach (var entry in entries.Where(entry => Count > 1 && entry.At >= Start && entry.At <= End + Step).OrderBy(entry => entry.At).ThenBy(entry => entry.Id, StringComparer.Ordinal))
        {
            var place = ChartAxis.Place(entry.At, Start, End);
            if (marks.Count > 0 && place - marks[^1].Place < Together)
            {
                marks[^1] = marks[^1] with { Entries = marks[^1].Entries.Add(entry) };
            }
            else
            {
                marks.Add(new ChartChange(place, [entry]));
            }
        }

        return [.. marks];
    }

    public string Y(double value) => Number(Height - (Math.Clamp(value / Top, 0, 1) * Height));

    private string X(int index) => Number(Count < 2 ? Width : index * (double)Width / (Count - 1));

    private IEnumerable<(int From, int To)> Runs(int line)
    {
        var from = -1;
        for (var index = 0; index <= Count; index++)
        {
            var known = index < Count && Value(line, index) is not null;
            if (known && from < 0)
            {
                from = index;
            }
            else if (!known && from >= 0)
            {
                yield return (from, index - 1);
                from = -1;
            }
        }
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
