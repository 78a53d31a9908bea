namespace MeshConsole.Mesh.Model;

/// <summary>
/// A workload: what Istio's telemetry calls <c>source_workload</c> and <c>destination_workload</c>, that is the name of
/// the controller (Deployment, StatefulSet …) without its kind, in its namespace.
/// </summary>
public readonly record struct WorkloadId(string Cluster, string Namespace, string Name)
{
    /// <summary>What telemetry writes for a peer it knows nothing about.</summary>
    public const string UnknownName = "unknown";

    public bool IsUnknown => string.Equals(Name, UnknownName, StringComparison.Ordinal);

    public override string ToString() => $"{Cluster}/{Namespace}/{Name}";
}
