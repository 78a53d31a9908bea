using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// Calls that fail because both ends do not agree on mutual TLS. Two things have to come together: calls that fail the way a
/// handshake does (UF or UC at the caller, a connection that came to nothing), and settings under which just these must fail.
/// </summary>
internal static class MtlsRefusals
{
    /// <summary>Calls in the window that have to fail like this; fewer may be chance.</summary>
    private const double Failures = 10;

    /// <summary>Share of the edge's calls that has to: who is refused is refused always, but for the replicas without proxy.</summary>
    private const double Share = 0.05;

    /// <summary>Why the two ends do not agree, in a sentence, by the key of the edge.</summary>
    public static FrozenDictionary<string, string> Of(MeshSnapshot snapshot, TopologyView topology)
    {
        var candidates = topology.Edges.Where(edge => PerSecond(edge) is { } failed && failed * topology.Window >= Failures && failed >= Share * All(edge)).ToList();
        if (candidates.Count == 0)
        {
            return FrozenDictionary<string, string>.Empty;
        }

        var sides = new Dictionary<string, List<(ClusterPolicies Policies, Workload Workload)>>(StringComparer.Ordinal);
        foreach (var cluster in snapshot.Clusters)
        {
            var policies = new ClusterPolicies(snapshot, cluster);
            var workloads = cluster.Workloads.ToDictionary(workload => workload.Id);
            foreach (var workload in cluster.Workloads)
            {
                sides.TryAdd(policies.Nodes.Node(workload.Id).ToString(), [(policies, workload)]);
            }

            // A connection that was refused has not said which workload of the Service it reached.
            foreach (var service in cluster.Services)
            {
                sides.TryAdd(
                    new NodeId(cluster.Name, service.Id.Namespace, NodeKind.Service, service.Id.Name).ToString(),
                    [.. service.Workloads.Where(workloads.ContainsKey).Select(id => (policies, workloads[id]))]);
            }
        }

        return candidates
            .Select(edge => (edge.Key, Why: sides.GetValueOrDefault(edge.Target)?.Select(callee => Why(callee.Policies, callee.Workload, edge.Source, sides.GetValueOrDefault(edge.Source)?[0].Workload)).FirstOrDefault(why => why is not null)))
            .Where(edge => edge.Why is not null)
            .ToFrozenDictionary(edge => edge.Key, edge => edge.Why!, StringComparer.Ordinal);
    }

    /// <summary>Calls per second that fail like a handshake; null where the edge carries none.</summary>
    public static double? PerSecond(TopologyEdge edge) => edge.Protocol == "tcp"
        ? edge.FailedConnectionsPerSecond
        : edge.Responses.Where(response => ResponseClassifier.HasFlag(response.Flags, "UF") || ResponseClassifier.HasFlag(response.Flags, "UC")).Sum(response => response.RequestsPerSecond);

    /// <summary>Requests or connections per second of an edge.</summary>
    public static double All(TopologyEdge edge) => edge.RequestsPerSecond ?? edge.ConnectionsPerSecond ?? 0;

    private static string? Why(ClusterPolicies policies, Workload callee, string source, Workload? caller)
    {
        if (policies.DecisionFor(callee) is not { } decision)
        {
            return null;
        }

        var side = ClientTlsConflicts.SideOf(callee);
        return ClientTlsConflicts.SettingsOf(policies, callee)
                .SelectMany(setting => Modes(decision, setting.ContainerPort is { } port ? [port] : default)
                    .Where(mode => ClientTlsConflicts.Refuses(setting.Setting.Mode, mode, side))
                    .Select(mode => ClientTlsConflicts.Conflict(setting, mode, side)))
                .FirstOrDefault()
            ?? ClientTlsConflicts.UntoldOf(policies, callee)
                .SelectMany(untold => Modes(decision, untold.ContainerPorts)
                    .Where(mode => ClientTlsConflicts.Refuses(ClientTlsMode.Disable, mode, side))
                    .Select(mode => ClientTlsConflicts.Conflict(untold, mode, side)))
                .FirstOrDefault()
            ?? (SendsPlaintext(source, caller) && side != ServerSide.None && Modes(decision, default).Contains(PeerMode.Strict)
                ? $"{char.ToUpperInvariant(TriageInput.Name(source)[0])}{TriageInput.Name(source)[1..]} has no proxy and sends plaintext, which STRICT{(decision.DecidedBy is { } by ? $" ({by.Kind} {by.Namespace}/{by.Name})" : "")} refuses."
                : null);
    }

    /// <summary>The modes at some ports; at all that there are where nobody says which.</summary>
    private static IEnumerable<PeerMode> Modes(PeerDecision decision, ImmutableArray<int> ports) => ports.IsDefault
        ? decision.Ports.Select(port => port.Mode).Prepend(decision.Mode).Distinct()
        : ports.Select(port => decision.Ports.FirstOrDefault(own => own.Port == port)?.Mode ?? decision.Mode).Distinct();

    /// <summary>A caller without proxy, or one that nobody knows: whoever speaks mutual TLS says who it is.</summary>
    private static bool SendsPlaintext(string source, Workload? caller) => caller is not null
        ? caller.DataPlane == DataPlane.None && !caller.Pods.IsEmpty
        : NodeId.TryParse(source, out var id) && id.Kind == NodeKind.Unknown;
}
