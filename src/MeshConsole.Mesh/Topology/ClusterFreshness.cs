using System.Collections.Frozen;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>Whether the rates of each cluster are of now.</summary>
internal sealed class ClusterFreshness
{
    private readonly FrozenDictionary<string, string?> _reasons;

    public ClusterFreshness(MeshSnapshot snapshot) =>
        _reasons = snapshot.Clusters.ToFrozenDictionary(cluster => cluster.Name, Why, StringComparer.Ordinal);

    /// <summary>Why the rates of a cluster say nothing of now; null when they do.</summary>
    public string? WhyNotCurrent(string cluster) =>
        _reasons.TryGetValue(cluster, out var reason) ? reason : "Its cluster is not read by this console.";

    private static string? Why(ClusterSnapshot cluster)
    {
        var source = cluster.Sources.FirstOrDefault(source => string.Equals(source.Name, SourceNames.Requests, StringComparison.Ordinal));
        return (cluster.Telemetry, source?.State) switch
        {
            (null, SourceState.Failed or SourceState.Disabled) => $"Telemetry is not known: {source!.Message}",
            (null, _) => "Telemetry is not known yet: Prometheus has not answered.",
            (_, SourceState.Stale) => $"Telemetry is of {cluster.Telemetry!.At:HH:mm:ss} UTC: {source!.Message}",
            (_, SourceState.Failed or SourceState.Disabled) => $"Requests are not known: {source!.Message}",
            _ => null,
        };
    }
}
