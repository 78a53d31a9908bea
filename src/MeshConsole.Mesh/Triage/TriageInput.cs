using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage;

/// <summary>Everything one look is made of.</summary>
internal sealed record TriageInput
{
    public required MeshSnapshot Snapshot { get; init; }

    /// <summary>The workloads as they are.</summary>
    public required TopologyView Topology { get; init; }

    /// <summary>The same numbers as those of <see cref="Usual"/>, now; by node id.</summary>
    public required FrozenDictionary<string, UsualTraffic> Traffic { get; init; }

    /// <summary>What the callees answered themselves; by node id.</summary>
    public required IReadOnlyDictionary<string, CalleeTraffic> Callees { get; init; }

    /// <summary>What was usual; empty where there is no history.</summary>
    public required TrafficBaseline Usual { get; init; }

    /// <summary>The same time of the day before; empty where there is none. It speaks of what creeps and of what comes every day.</summary>
    public TrafficBaseline DayBefore { get; init; } = TrafficBaseline.None;

    /// <summary>Why calls are refused for want of agreement on mutual TLS, by the key of the edge.</summary>
    public required FrozenDictionary<string, string> Refusals { get; init; }

    public required MtlsView Mtls { get; init; }

    public required ImmutableArray<CertificateView> Certificates { get; init; }

    public required CertificateThresholds Thresholds { get; init; }

    public required ImmutableArray<RouteView> Routes { get; init; }

    public required ControlPlaneSummary ControlPlane { get; init; }

    /// <summary>The newest first.</summary>
    public required ImmutableArray<TimelineEntry> Timeline { get; init; }

    /// <summary>Clusters whose telemetry is current; of the others no traffic is judged.</summary>
    public required FrozenSet<string> Current { get; init; }

    public static TriageInput Of(MeshSnapshot snapshot, IMeshViews views, CertificateThresholds thresholds, TrafficBaseline usual, ImmutableArray<TimelineEntry> timeline) => new()
    {
        Snapshot = snapshot,
        Topology = views.Topology(snapshot, MeshQuery.All, TopologyLevel.Workload),
        Traffic = UsualTraffic.Of(snapshot, views.Topology(snapshot, MeshQuery.All, TopologyLevel.Workload)),
        Callees = CalleeTraffic.Of(snapshot),
        Usual = usual,
        Refusals = MtlsRefusals.Of(snapshot, views.Topology(snapshot, MeshQuery.All, TopologyLevel.Workload)),
        Mtls = views.Mtls(snapshot, MeshQuery.All),
        Certificates = views.Certificates(snapshot, MeshQuery.All),
        Thresholds = thresholds,
        Routes = views.Routes(snapshot, MeshQuery.All),
        ControlPlane = Overview.ControlPlane.Of(snapshot, MeshQuery.All),
        Timeline = timeline,
        Current = snapshot.Clusters
            .Where(c => c.Sources.Where(s => s.Name == "prometheus/requests").All(s => s.State == SourceState.Live))
            .Select(c => c.Name)
            .ToFrozenSet(StringComparer.Ordinal),
    };

    /// <summary>Whether the node's traffic can be judged at the moment.</summary>
    public bool IsCurrent(TopologyNode node) => Current.Contains(node.Cluster);

    /// <summary>Failing requests per second of a node: as its callers have them, or of its own tries where these are more.</summary>
    public double Failures(TopologyNode node) => Math.Max((node.ErrorRatio * node.RequestsPerSecond) ?? 0, Callees.TryGetValue(node.Id, out var callee) ? callee.FailuresPerSecond : 0);

    /// <summary>What a node is called in a sentence.</summary>
    public static string Name(string node) => NodeId.TryParse(node, out var id)
        ? id.Kind switch
        {
            NodeKind.Unknown => "an unknown caller",
            NodeKind.External => $"external host {id.Name}",
            _ => $"{id.Namespace}/{id.Name}",
        }
        : node;

    public static string TopologyPage(string selected) => $"topology?selected={Uri.EscapeDataString(selected)}";
}
