using System.Globalization;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>What a PeerAuthentication holds for: the mesh, one namespace, one workload, or one container port of it.</summary>
/// <param name="Cluster">Configured name of the cluster.</param>
/// <param name="Namespace">Null: the whole mesh of the cluster.</param>
/// <param name="Workload">Name of a workload of the namespace; null: all of it.</param>
/// <param name="Port">Container port (not the Service's) of the workload; null: all of its ports.</param>
public sealed record StrictScope(string Cluster, string? Namespace = null, string? Workload = null, int? Port = null)
{
    /// <summary><c>the mesh</c>, <c>namespace payments</c>, <c>payments/ledger</c>, <c>payments/ledger port 9090</c>.</summary>
    public override string ToString() => this switch
    {
        { Namespace: null } => "the mesh",
        { Workload: null } => $"namespace {Namespace}",
        { Port: { } port } => string.Create(CultureInfo.InvariantCulture, $"{Namespace}/{Workload} port {port}"),
        _ => $"{Namespace}/{Workload}",
    };
}
