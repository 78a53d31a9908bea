using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>The collectors that run; none until the clusters are known.</summary>
internal sealed class ClusterCollectors : IPastSnapshots
{
    private volatile MeshHistory _history = new(ImmutableDictionary<string, TelemetryHistory>.Empty);

    private volatile ImmutableDictionary<string, TrafficHistory> _traffic = ImmutableDictionary<string, TrafficHistory>.Empty;

    private volatile ImmutableDictionary<string, LookbackReader> _lookbacks = ImmutableDictionary<string, LookbackReader>.Empty;

    private volatile ImmutableDictionary<string, ClusterCollector> _collectors = ImmutableDictionary<string, ClusterCollector>.Empty;

    /// <summary>Past instants of the clusters that are read.</summary>
    public MeshHistory History => _history;

    /// <summary>Range queries of the clusters that are read.</summary>
    public ImmutableDictionary<string, TrafficHistory> Traffic => _traffic;

    /// <summary>What reads the evidence for STRICT of the clusters that are read.</summary>
    public ImmutableDictionary<string, LookbackReader> Lookbacks => _lookbacks;

    /// <summary>The client of a cluster's API server; null when no such cluster is read.</summary>
    public KubernetesClient? Kubernetes(string cluster) => _collectors.GetValueOrDefault(cluster)?.Kubernetes;

    /// <summary>The client of a cluster's Prometheus; null when no such cluster is read.</summary>
    public PrometheusClient? Prometheus(string cluster) => _collectors.GetValueOrDefault(cluster)?.Prometheus;

    /// <inheritdoc/>
    public Task<MeshSnapshot> AtAsync(MeshSnapshot current, string? cluster, DateTimeOffset at, CancellationToken cancellationToken) =>
        _history.AtAsync(current, cluster, at, null, cancellationToken);

    public void Set(IReadOnlyCollection<ClusterCollector> collectors)
    {
        _collectors = collectors.ToImmutableDictionary(c => c.Name, StringComparer.Ordinal);
        _history = new MeshHistory(collectors.ToImmutableDictionary(c => c.Name, c => c.History, StringComparer.Ordinal));
        _lookbacks = collectors.ToImmutableDictionary(c => c.Name, c => c.Lookback, StringComparer.Ordinal);
        _traffic = collectors.ToImmutableDictionary(c => c.Name, c => c.Traffic, StringComparer.Ordinal);
    }
}
