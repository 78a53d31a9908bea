namespace MeshConsole.Simulator.Prometheus;

/// <summary>One metric with all its samples, as a target exposes it.</summary>
/// <param name="Name">The name of the family; the samples of a histogram carry it with <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.</param>
/// <param name="Help">May be empty.</param>
/// <param name="Samples">Read once, while the answer is written.</param>
public sealed record MetricFamily(string Name, MetricType Type, string Help, IEnumerable<MetricSample> Samples);
