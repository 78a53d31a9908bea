using System.Collections.Immutable;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>The collectors that run; none until the clusters are known.</summary>
internal sealed class ClusterCollectors
{
    private volatile MeshHistory _history = new(ImmutableDictionary<string, TelemetryHistory>.Empty);

    private volatile ImmutableDictionary<string, TrafficHistory> _traffic = ImmutableDictionary<string, TrafficHistory>.Empty;

    /// <summary>Past instants of the clusters that are read.</summary>
    public MeshHistory History => _history;

    /// <summary>Range queries of the clusters that are read.</summary>
    public ImmutableDictionary<string, TrafficHistory> Traffic => _traffic;

    public void Set(IReadOnlyCollection<ClusterCollector> collectors)
    {
        _history = new MeshHistory(collectors.ToImmutableDictionary(c => c.Name, c => c.History, StringComparer.Ordinal));
        _traffic = collectors.ToImmutableDictionary(c => c.Name, c => c.Traffic, StringComparer.Ordinal);
    }
}
