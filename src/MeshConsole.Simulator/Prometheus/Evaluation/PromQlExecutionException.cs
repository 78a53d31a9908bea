namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>The expression is well formed, but cannot be evaluated over these series.</summary>
public sealed class PromQlExecutionException(string message) : Exception(message);
