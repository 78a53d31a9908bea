namespace MeshConsole.Simulator.Prometheus;

/// <summary>What a target says about one of its metrics.</summary>
/// <param name="Type">counter, gauge, histogram, summary or unknown.</param>
/// <param name="Help">One sentence; may be empty.</param>
/// <param name="Unit">As in OpenMetrics; mostly empty.</param>
public sealed record MetricMetadata(string Type, string Help, string Unit = "");
