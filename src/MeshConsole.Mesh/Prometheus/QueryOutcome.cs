namespace MeshConsole.Mesh.Prometheus;

/// <summary>What became of one query: an answer with its receipt, or a fault.</summary>
internal sealed record QueryOutcome(TelemetryQuery Query, TelemetryAnswer? Answer, QueryReceipt? Receipt, PrometheusException? Fault);
