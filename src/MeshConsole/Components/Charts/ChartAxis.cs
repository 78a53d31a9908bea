using System.Collections.Immutable;
using System.Globalization;

namespace MeshConsole.Components.Charts;

/// <summary>Something written at an axis.</summary>
/// <param name="Place">0 at the left or the bottom to 1.</param>
public readonly record struct ChartTick(double Place, string Text);

/// <summary>Round places on the axes of a chart.</summary>
public static class ChartAxis
{
    private static readonly double[] s_round = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

    private static readonly TimeSpan[] s_steps =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
        TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(7), TimeSpan.FromDays(14), TimeSpan.FromDays(30), TimeSpan.FromDays(90),
    ];

    /// <summary>The least round number that is not less than a value; <paramref name="least"/> for what is less than that or no number.</summary>
    public static double Top(double value, double least)
    {
        if (!(value > least) || !double.IsFinite(value))
        {
            return least;
        }

        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return s_round.First(round => round * magnitude >= value * (1 - 1e-9)) * magnitude;
    }

    /// <summary>Zero, the middle and the top.</summary>
    public static ImmutableArray<ChartTick> Values(double top, Func<double?, string> text) =>
        [new ChartTick(0, text(0)), new ChartTick(0.5, text(top / 2)), new ChartTick(1, text(top))];

    /// <summary>Whole minutes, hours or days of the reader's clock, five of them at most.</summary>
    public static ImmutableArray<ChartTick> Absolute(DateTimeOffset from, DateTimeOffset to, ReaderZone zone)
    {
        var step = Step(to - from);
        var wall = zone.ToWall(from);
        var offset = wall - from.UtcDateTime;
        var first = new DateTime((wall.Ticks + step.Ticks - 1) / step.Ticks * step.Ticks, DateTimeKind.Unspecified);
        var ticks = ImmutableArray.CreateBuilder<ChartTick>();
        for (var at = new DateTimeOffset(DateTime.SpecifyKind(first - offset, DateTimeKind.Utc)); at <= to; at += step)
        {
            var clock = zone.ToWall(at);
            ticks.Add(new ChartTick(Place(at, from, to), clock.ToString(clock.TimeOfDay == TimeSpan.Zero || step >= TimeSpan.FromDays(1) ? "d MMM" : "HH:mm", CultureInfo.InvariantCulture)));
        }

        return ticks.ToImmutable();
    }

    /// <summary>How long before an instant, in whole minutes, hours or days, five of them at most.</summary>
    /// <param name="origin">Zero of the axis: now, or the instant that is pinned.</param>
    /// <param name="zero">What is written there.</param>
    public static ImmutableArray<ChartTick> Relative(DateTimeOffset from, DateTimeOffset to, DateTimeOffset origin, string zero)
    {
        var step = Step(to - from);
        var ticks = new List<ChartTick>();
        for (var back = (long)Math.Ceiling(Math.Max(0, (origin - to) / step) - 1e-9); origin - (step * back) >= from; back++)
        {
            ticks.Add(new ChartTick(Place(origin - (step * back), from, to), back == 0 ? zero : Ago(step * back)));
        }

        // Now itself is a little after the newest point, and is what the right end means.
        if (ticks.All(tick => tick.Text != zero) && origin >= to && origin - to < step / 2)
        {
            ticks.Insert(0, new ChartTick(1, zero));
        }

        ticks.Reverse();
        return [.. ticks];
    }

    /// <summary>Where an instant stands; outside of the time at its end.</summary>
    public static double Place(DateTimeOffset at, DateTimeOffset from, DateTimeOffset to) => to <= from ? 1 : Math.Clamp((at - from) / (to - from), 0, 1);

    private static TimeSpan Step(TimeSpan span) => Array.Find(s_steps, step => span / step <= 4.2) is { Ticks: > 0 } step ? step : s_steps[^1];

    private static string Ago(TimeSpan back) => back.Ticks % TimeSpan.TicksPerDay == 0 ? $"−{back.TotalDays:0}{Format.Thin}d"
        : back.Ticks % TimeSpan.TicksPerHour == 0 ? $"−{back.TotalHours:0}{Format.Thin}h"
        : back > TimeSpan.FromHours(1) ? $"−{Math.Floor(back.TotalHours):0}:{back.Minutes:00}{Format.Thin}h"
        : $"−{back.TotalMinutes:0}{Format.Thin}min";
}
