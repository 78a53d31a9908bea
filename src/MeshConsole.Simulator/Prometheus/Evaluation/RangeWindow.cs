namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>The samples of one series within a range, at least one, and what a function is told besides.</summary>
/// <param name="times">Unix milliseconds, ascending.</param>
/// <param name="startMs">Where the range begins; a sample exactly there is within.</param>
/// <param name="endMs">Where it ends, likewise.</param>
/// <param name="nowMs">The moment of evaluation.</param>
/// <param name="first">The first scalar argument.</param>
/// <param name="second">The second one.</param>
internal readonly ref struct RangeWindow(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long startMs, long endMs, long nowMs, double first, double second)
{
    public ReadOnlySpan<long> Times { get; } = times;

    public ReadOnlySpan<double> Values { get; } = values;

    public long StartMs { get; } = startMs;

    public long EndMs { get; } = endMs;

    public long NowMs { get; } = nowMs;

    public double First { get; } = first;

    public double Second { get; } = second;

    public int Count => Values.Length;

    public double RangeSeconds => (EndMs - StartMs) / 1000.0;
}
