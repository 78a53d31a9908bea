using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>The mesh at past instants, for everybody who asks: one read of Prometheus however many ask for the same.</summary>
public interface IPastSnapshots
{
    /// <summary>The telemetry of <paramref name="at"/> over the objects of <paramref name="current"/>, as <see cref="MeshHistory"/> has it.</summary>
    /// <param name="cluster">Null for all clusters.</param>
    /// <exception cref="PrometheusException">No cluster that was asked for could be read.</exception>
    Task<MeshSnapshot> AtAsync(MeshSnapshot current, string? cluster, DateTimeOffset at, CancellationToken cancellationToken);
}
