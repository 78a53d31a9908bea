using System.Collections.Frozen;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Triage.Detectors;

namespace MeshConsole.Mesh.Triage;

/// <summary>What traffic usually is: the means of a longer time before now.</summary>
/// <param name="Nodes">By node id of the workload view.</param>
/// <param name="PlaintextEdges">Keys of edges that carried plaintext then.</param>
/// <param name="Edges">Error ratio, 0..1, of requests, or of connections where there are none, of the edges that carried any then, by key; null where it was not known.</param>
public sealed record TrafficBaseline(DateTimeOffset? At, TimeSpan Window, FrozenDictionary<string, UsualTraffic> Nodes, FrozenSet<string> PlaintextEdges, FrozenDictionary<string, double?> Edges)
{
    public static TrafficBaseline None { get; } = new(null, TimeSpan.Zero, FrozenDictionary<string, UsualTraffic>.Empty, FrozenSet<string>.Empty, FrozenDictionary<string, double?>.Empty);

    public bool IsKnown => At is not null;

    /// <param name="then">A snapshot over a longer window.</param>
    /// <param name="at">End of that window.</param>
    public static TrafficBaseline Of(MeshSnapshot then, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(then);
        var view = TopologyBuilder.Build(then, MeshQuery.All, TopologyLevel.Workload);
        return new TrafficBaseline(
            at,
            TimeSpan.FromSeconds(view.Window),
            UsualTraffic.Of(then, view),
            view.Edges.Where(e => e.Mtls.State is Model.MutualTlsState.Plaintext or Model.MutualTlsState.Mixed).Select(e => e.Key).ToFrozenSet(StringComparer.Ordinal),
            view.Edges.Where(e => e.RequestsPerSecond > 0 || e.ConnectionsPerSecond > 0).ToFrozenDictionary(e => e.Key, e => e.ErrorRatio ?? (e.FailedConnectionsPerSecond / e.ConnectionsPerSecond), StringComparer.Ordinal));
    }
}

/// <summary>A node's inbound traffic.</summary>
/// <param name="ErrorRatio">As its callers have it, after their retries.</param>
/// <param name="TriedErrorRatio">As it has it itself, every try counted; null where its proxies do not report.</param>
/// <param name="MeanMs">Mean duration as the callee has it, over all callers; null where no callee reports.</param>
public sealed record UsualTraffic(double? RequestsPerSecond, double? ErrorRatio, double? TriedErrorRatio, double? MeanMs)
{
    /// <summary>Requests per second that callers are refused before they reach it: its circuit breaker is open, or no instance is healthy.</summary>
    public double RefusedPerSecond { get; init; }

    /// <summary>The same of every node of a view: durations of its inbound edges, each weighed by its rate.</summary>
    internal static FrozenDictionary<string, UsualTraffic> Of(MeshSnapshot snapshot, TopologyView view)
    {
        var tried = CalleeTraffic.Of(snapshot);
        var inbound = view.Edges.ToLookup(edge => edge.Target, StringComparer.Ordinal);
        var timed = new Dictionary<string, (double Requests, double Milliseconds)>(StringComparer.Ordinal);
        foreach (var edge in view.Edges)
        {
            if (edge is { LatencyMs.Mean: { } mean, RequestsPerSecond: { } rate } && double.IsFinite(mean) && rate > 0)
            {
                var sum = timed.GetValueOrDefault(edge.Target);
                timed[edge.Target] = (sum.Requests + rate, sum.Milliseconds + (rate * mean));
            }
        }

        return view.Nodes.ToFrozenDictionary(
            node => node.Id,
            node => new UsualTraffic(node.RequestsPerSecond, node.ErrorRatio, tried.TryGetValue(node.Id, out var callee) ? callee.ErrorRatio : null, timed.TryGetValue(node.Id, out var sum) ? sum.Milliseconds / sum.Requests : null)
            {
                RefusedPerSecond = SaturationDetector.PerSecond(inbound[node.Id], "UO") + SaturationDetector.PerSecond(inbound[node.Id], "UH"),
            },
            StringComparer.Ordinal);
    }
}
