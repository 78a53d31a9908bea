using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>The mTLS mode in force for each workload and port, who decided it, and what contradicts it.</summary>
public static class EffectivePolicies
{
    /// <summary>Mode of a row while PeerAuthentications have not been read.</summary>
    public const string UnknownMode = "UNKNOWN";

    /// <summary>One row per workload and one more per port with a mode of its own; ordered by workload, then port.</summary>
    public static ImmutableArray<EffectivePolicy> Build(MeshSnapshot snapshot, MeshQuery query)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var rows = ImmutableArray.CreateBuilder<EffectivePolicy>();
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            var policies = new ClusterPolicies(snapshot, cluster);
            foreach (var workload in cluster.Workloads)
            {
                if (query.Matches(workload.Id.Namespace))
                {
                    Add(cluster, policies, workload, rows);
                }
            }
        }

        return rows.ToImmutable();
    }

    private static void Add(ClusterSnapshot cluster, ClusterPolicies policies, Workload workload, ImmutableArray<EffectivePolicy>.Builder rows)
    {
        var id = policies.Nodes.Node(workload.Id).ToString();
        var notes = new List<string>();
        Enforcement(workload, notes);
        if (policies.DecisionFor(workload) is not { } decision)
        {
            notes.Add(SourceWords.Why(cluster, "PeerAuthentications are not known", "kubernetes/peerauthentications"));
            rows.Add(new EffectivePolicy(id, null, UnknownMode, null, [.. notes]));
            return;
        }

        var side = ClientTlsConflicts.SideOf(workload);
        var settings = ClientTlsConflicts.SettingsOf(policies, workload);
        var untold = ClientTlsConflicts.UntoldOf(policies, workload);
        notes.AddRange(decision.Notes);
        notes.AddRange(settings
            .Where(s => s.ContainerPort is null || !decision.Ports.Any(p => p.Port == s.ContainerPort))
            .Select(s => ClientTlsConflicts.Conflict(s, decision.Mode, side))
            .Concat(untold
                .Where(u => u.ContainerPorts.IsDefault || u.ContainerPorts.Any(port => !decision.Ports.Any(p => p.Port == port)))
                .Select(u => ClientTlsConflicts.Conflict(u, decision.Mode, side)))
            .OfType<string>());
        rows.Add(new EffectivePolicy(id, null, ClusterPolicies.Words(decision.Mode), decision.DecidedBy, [.. notes.Distinct(StringComparer.Ordinal)]));

        foreach (var port in decision.Ports)
        {
            var ofPort = new List<string>(port.Notes);
            if (PortHint(policies, workload, port.Port) is { } hint)
            {
                ofPort.Add(hint);
            }

            ofPort.AddRange(settings
                .Where(s => s.ContainerPort is null || s.ContainerPort == port.Port)
                .Select(s => ClientTlsConflicts.Conflict(s, port.Mode, side))
                .Concat(untold.Where(u => u.ContainerPorts.IsDefault || u.ContainerPorts.Contains(port.Port)).Select(u => ClientTlsConflicts.Conflict(u, port.Mode, side)))
                .OfType<string>());
            rows.Add(new EffectivePolicy(id, port.Port, ClusterPolicies.Words(port.Mode), port.DecidedBy, [.. ofPort.Distinct(StringComparer.Ordinal)]));
        }
    }

    /// <summary>Where the mode is not enforced, whatever it says.</summary>
    private static void Enforcement(Workload workload, List<string> notes)
    {
        var pods = workload.Pods.Count(p => p.Phase is PodPhase.Running or PodPhase.Pending or PodPhase.Unknown);
        if (pods == 0)
        {
            notes.Add("No pod runs: nothing enforces the mode until one does.");
        }
        else if (workload.DataPlane == DataPlane.None)
        {
            notes.Add("No pod has a proxy: nothing enforces the mode, and plaintext is accepted.");
        }
        else if (workload.DataPlane == DataPlane.Linkerd)
        {
            notes.Add("Linkerd's proxies do not read PeerAuthentication: Linkerd's own policy is in force.");
        }
        else if (workload.PodsWithProxy < pods)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{pods - workload.PodsWithProxy} of {pods} pods have no proxy: nothing enforces the mode there."));
        }

        if (workload.IsGateway)
        {
            notes.Add("A gateway: the mode does not apply to the servers of its Gateway objects, whose own TLS settings count.");
        }

        foreach (var port in CaptureExclusions.InboundPorts(workload))
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"Port {port} passes by the proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts): the mode is not enforced there."));
        }
    }

    private static string? PortHint(ClusterPolicies policies, Workload workload, int port)
    {
        if (workload.Pods.IsEmpty || workload.Pods.Any(p => p.Containers.Any(c => c.Ports.Contains(port))))
        {
            return null;
        }

        foreach (var service in policies.ServicesOf(workload.Id))
        {
            if (ClusterPolicies.TargetPort(service, port) is { } target && target != port)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{port} is a port of Service {service.Id.Name}, not of a container: the entry means container ports, here {target}, and does not take effect for it.");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"No container declares port {port}; declaring ports is optional, so check that the application listens there.");
    }
}
