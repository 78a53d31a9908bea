using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Hubs;

/// <summary>What a client of the hub wants to see; the fields mean what the query parameters of REST mean.</summary>
/// <param name="View"><c>workload, versionedApp, service, app, namespace</c>; absent means workload; after a comma <c>services, operations</c> for what stands between callers and callees.</param>
/// <param name="Cluster">Absent means all.</param>
/// <param name="Namespaces">Absent or empty means all.</param>
public sealed record TopologyRequest(string? View, string? Cluster, IReadOnlyList<string>? Namespaces)
{
    internal MeshQuery ToQuery() => MeshQuery.For(string.IsNullOrWhiteSpace(Cluster) ? null : Cluster, Namespaces ?? []);
}
