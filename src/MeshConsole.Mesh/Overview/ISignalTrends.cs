using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Overview;

/// <summary>The history behind the overview's numbers, one for all circuits.</summary>
public interface ISignalTrends
{
    /// <summary>
    /// The last hour of the clusters and namespaces of a query. Asks Prometheus at most once a minute however many call; a
    /// failure is in the answer. Null while no cluster's history can be read.
    /// </summary>
    /// <param name="snapshot">Tells which workloads are gateways.</param>
    Task<SignalTrends?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, CancellationToken cancellationToken);
}
