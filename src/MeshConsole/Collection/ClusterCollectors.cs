using System.Collections.Immutable;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>The collectors that run; none until the clusters are known.</summary>
internal sealed class ClusterCollectors
{
    private volatile MeshHistory _history = new(ImmutableDictionary<string, TelemetryHistory>.Empty);

    /// <summary>Past instants of the clusters that are read.</summary>
    public MeshHistory History => _history;

    public void Set(IEnumerable<ClusterCollector> collectors) =>
        _history = new MeshHistory(collectors.ToImmutableDictionary(c => c.Name, c => c.History, StringComparer.Ordinal));
}
