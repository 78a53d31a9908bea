namespace MeshConsole.Simulator.Prometheus;

/// <summary>The type that a family states in the exposition format.</summary>
public enum MetricType
{
    Untyped,
    Counter,
    Gauge,
    Histogram,
    Summary,
}
