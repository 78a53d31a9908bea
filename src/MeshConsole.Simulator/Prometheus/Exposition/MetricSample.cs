namespace MeshConsole.Simulator.Prometheus;

/// <summary>One line of the exposition format.</summary>
/// <param name="Labels">With <c>__name__</c>; labels in any state of hostility.</param>
/// <param name="TimestampMs">Unix milliseconds; null leaves the time to the one who scrapes.</param>
public readonly record struct MetricSample(LabelSet Labels, double Value, long? TimestampMs = null);
