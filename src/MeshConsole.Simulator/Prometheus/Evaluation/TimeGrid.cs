using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>The moments at which an expression is evaluated: one for an instant query. Unix milliseconds.</summary>
internal readonly record struct TimeGrid(long StartMs, long StepMs, int Count)
{
    public long EndMs => StartMs + ((Count - 1) * StepMs);

    public long this[int step] => StartMs + (step * StepMs);

    public static TimeGrid At(long timeMs) => new(timeMs, 1, 1);

    public static TimeGrid Between(long startMs, long endMs, long stepMs) => new(startMs, stepMs, checked((int)((endMs - startMs) / stepMs) + 1));
}

/// <summary>The moments that a shifted selector looks at, one for each step of a grid.</summary>
internal readonly struct ShiftedGrid(TimeGrid grid, TimeShift shift, long queryStartMs, long queryEndMs)
{
    private readonly long? _fixedMs = shift.At switch
    {
        AtKind.None => null,
        AtKind.Time => shift.AtMs - shift.OffsetMs,
        AtKind.Start => queryStartMs - shift.OffsetMs,
        AtKind.End => queryEndMs - shift.OffsetMs,
        _ => throw new InvalidOperationException($"Unknown moment: {shift.At}"),
    };

    /// <summary>Whether every step looks at the same moment.</summary>
    public bool IsFixed => _fixedMs is not null;

    public int Count => grid.Count;

    public long this[int step] => _fixedMs ?? grid[step] - shift.OffsetMs;

    public long First => this[0];

    public long Last => this[grid.Count - 1];
}
