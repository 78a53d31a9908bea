namespace MeshConsole.Mesh.Prometheus;

/// <summary>Why Prometheus gave no answer. The message says what happened and where; it holds no token and no body but Prometheus's own error text.</summary>
public sealed class PrometheusException(PrometheusFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public PrometheusFault Fault { get; } = fault;
}
