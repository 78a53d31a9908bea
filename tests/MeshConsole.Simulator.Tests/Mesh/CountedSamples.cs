using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.Simulator.Tests.Mesh;

/// <summary>What counters gained between two scrapes, read from the raw samples.</summary>
internal sealed class CountedSamples(SampleStore store, DateTimeOffset from, DateTimeOffset to)
{
    public double Seconds => (to - from).TotalSeconds;

    /// <summary>Sum over all series with these labels of the last value minus the first; a series that began on the way began at 0.</summary>
    public double Increase(string metric, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var sum = 0.0;
        foreach (var series in Series(metric, labels)) sum += Increase(series);
        return sum;
    }

    /// <summary>Increase of <c>istio_requests_total</c>.</summary>
    public double Requests(params ReadOnlySpan<(string Name, string Value)> labels) => Increase("istio_requests_total", labels);

    /// <summary>Mean of <c>istio_request_duration_milliseconds</c> in the window.</summary>
    public double MeanMs(params ReadOnlySpan<(string Name, string Value)> labels) =>
        Increase("istio_request_duration_milliseconds_sum", labels) / Increase("istio_request_duration_milliseconds_count", labels);

    public IReadOnlyList<Series> Series(string metric, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var matchers = new List<LabelMatcher> { new(LabelSet.MetricNameLabel, MatchKind.Equal, metric) };
        foreach (var (name, value) in labels) matchers.Add(new LabelMatcher(name, MatchKind.Equal, value));
        return store.Select(matchers, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
    }

    public static (long[] Times, double[] Values) Samples(Series series, DateTimeOffset from, DateTimeOffset to)
    {
        using var buffer = new SampleBuffer();
        series.CopyTo(buffer, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
        return (buffer.Times.ToArray(), buffer.Values.ToArray());
    }

    private double Increase(Series series)
    {
        var (times, values) = Samples(series, from, to);
        var alive = values.Where(value => !StaleMarker.Is(value)).ToArray();
        if (alive.Length == 0) return 0;
        return alive[^1] - (times[0] == from.ToUnixTimeMilliseconds() ? alive[0] : 0);
    }
}
