using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// Draws the mesh from a snapshot: what cluster state knows (workloads with pods, also idle ones) and what telemetry has
/// seen. Rates are the caller's view where the caller reports; reporters are never added up.
/// </summary>
public static class TopologyBuilder
{
    private static readonly ConditionalWeakTable<MeshSnapshot, WholeMesh> s_whole = [];

    /// <summary>
    /// The view of a form, narrowed to the query: nodes inside, and edges with either end inside together with the other
    /// end. A node's numbers count all its traffic, whatever of it is shown.
    /// </summary>
    public static TopologyView Build(MeshSnapshot snapshot, MeshQuery query, TopologyForm form)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(query);
        var whole = s_whole.GetValue(snapshot, static key => new WholeMesh(key)).At(form);
        if (query.Cluster is null && query.Namespaces.IsEmpty)
        {
            return whole;
        }

        var inside = whole.Nodes.Where(node => query.MatchesCluster(node.Cluster) && query.Matches(node.Namespace)).Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var edges = whole.Edges.RemoveAll(edge => !inside.Contains(edge.Source) && !inside.Contains(edge.Target));
        foreach (var edge in edges)
        {
            inside.Add(edge.Source);
            inside.Add(edge.Target);
        }

        return whole with { Nodes = whole.Nodes.RemoveAll(node => !inside.Contains(node.Id)), Edges = edges };
    }

    /// <summary>The views of a whole snapshot, each built once.</summary>
    private sealed class WholeMesh
    {
        private readonly ConcurrentDictionary<TopologyForm, Lazy<TopologyView>> _views = [];
        private readonly Func<TopologyForm, Lazy<TopologyView>> _draw;

        public WholeMesh(MeshSnapshot snapshot)
        {
            var badges = new Lazy<NodeBadges>(() => new NodeBadges(snapshot));
            _draw = form => new Lazy<TopologyView>(() =>
                new Drawing(snapshot, form, badges.Value, form == TopologyLevel.Workload ? [] : At(TopologyLevel.Workload).Nodes).Draw());
        }

        public TopologyView At(TopologyForm form) => _views.GetOrAdd(form, _draw).Value;
    }

    private sealed class Drawing
    {
        private readonly MeshSnapshot _snapshot;
        private readonly IReadOnlyList<Edge> _edges;
        private readonly LevelNodes _levels;
        private readonly TimeSpan _window;
        private readonly HealthRules _health;
        private readonly MeshScrapes _gaps;
        private readonly ILookup<NodeId, TopologyNode> _members;
        private readonly Dictionary<NodeId, NodeTotals> _totals = [];
        private readonly Dictionary<NodeId, string> _texts = [];
        private readonly TopologyForm _form;
        private readonly NodeBadges _badges;

        public Drawing(MeshSnapshot snapshot, TopologyForm form, NodeBadges badges, ImmutableArray<TopologyNode> workloads)
        {
            _snapshot = snapshot;
            _badges = badges;
            _form = form;
            _edges = MeshEdges.Of(snapshot);
            _levels = new LevelNodes(snapshot, form, _edges);
            _gaps = new MeshScrapes(snapshot);
            _window = snapshot.Clusters.Select(cluster => cluster.Telemetry?.Window ?? TimeSpan.Zero).DefaultIfEmpty().Max();
            _health = new HealthRules(HealthThresholds.Default, new ClusterFreshness(snapshot), _window);
            _members = workloads.Where(node => node.Kind is NodeKind.Workload or NodeKind.Gateway or NodeKind.Waypoint)
                .SelectMany(node => NodesOf(new WorkloadId(node.Cluster, node.Namespace, node.Name)).Select(id => (Id: id, Node: node)))
                .ToLookup(member => member.Id, member => member.Node);
        }

        /// <summary>The nodes a workload is a member of: its own node, and the services between callers and callees.</summary>
        private IEnumerable<NodeId> NodesOf(WorkloadId id) => _form.HasServices ? _levels.AllOf(id) : [_levels.Of(id)];

        public TopologyView Draw()
        {
            AddWorkloads();
            var hops = Hop.Group(_edges, _levels);
            var byEdge = new Dictionary<(NodeId Source, NodeId Target, string Protocol), List<Hop>>();
            foreach (var hop in hops)
            {
                ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(byEdge, (hop.SourceNode, hop.TargetNode, hop.Protocol), out _);
                (list ??= []).Add(hop);
            }

            var edges = ImmutableArray.CreateBuilder<TopologyEdge>(byEdge.Count);
            foreach (var (key, list) in byEdge)
            {
                edges.Add(DrawEdge(key.Source, key.Target, key.Protocol, list));
            }

            edges.Sort(static (x, y) => Order(x, y));
            var nodes = ImmutableArray.CreateBuilder<TopologyNode>(_totals.Count);
            foreach (var totals in _totals.Values)
            {
                // A service that nobody calls stands between nobody.
                if (!(_form.HasServices && totals is { Id.Kind: NodeKind.Service, HasInbound: false }))
                {
                    nodes.Add(DrawNode(totals));
                }
            }

            nodes.Sort(static (x, y) => string.CompareOrdinal(x.Id, y.Id));
            return new TopologyView(_snapshot.Revision, _snapshot.ObservedAt, _window.TotalSeconds, nodes.DrainToImmutable(), edges.MoveToImmutable());
        }

        private static int Order(TopologyEdge x, TopologyEdge y)
        {
            var order = string.CompareOrdinal(x.Source, y.Source);
            order = order != 0 ? order : string.CompareOrdinal(x.Target, y.Target);
            return order != 0 ? order : string.CompareOrdinal(x.Protocol, y.Protocol);
        }

        /// <summary>Nodes of cluster state. Components of Kubernetes and of the mesh itself are shown only when telemetry has seen them.</summary>
        private void AddWorkloads()
        {
            foreach (var cluster in _snapshot.Clusters)
            {
                foreach (var workload in cluster.Workloads)
                {
                    if ((workload.Pods.IsEmpty && workload.DesiredReplicas is null or 0) || IsInfrastructure(workload))
                    {
                        continue;
                    }

                    foreach (var node in _levels.AllOf(workload.Id))
                    {
                        var totals = Totals(node);
                        totals.Workloads.Add(workload);
                        totals.Gap = ScrapeGap.Add(totals.Gap, _gaps.Of(workload.Id));
                    }
                }
            }
        }

        /// <summary>The control plane and the node agents of the mesh carry these values of <c>app</c> (or <c>k8s-app</c>) in every installation.</summary>
        private static bool IsInfrastructure(Workload workload) =>
            workload.Id.Namespace is "kube-system" or "kube-public" or "kube-node-lease"
            || workload.App is "istiod" or "ztunnel"
            || (workload.Labels.TryGetValue("k8s-app", out var app) && app is "istio-cni-node" or "ztunnel");

        private TopologyEdge DrawEdge(NodeId source, NodeId target, string protocol, List<Hop> hops)
        {
            var caller = ReporterTrafficSum.Of(hops.Select(hop => hop.Caller));
            var callee = ReporterTrafficSum.Of(hops.Select(hop => hop.Callee));
            var fromSource = ReporterTrafficSum.Of(hops.Select(hop => hop.FromSource));
            var fromDestination = ReporterTrafficSum.Of(hops.Select(hop => hop.FromDestination));
            var waypoint = hops.Exists(hop => hop.FromWaypoint is not null);
            var tcp = string.Equals(protocol, "tcp", StringComparison.Ordinal);
            var responses = caller?.RequestsPerSecond is null ? default : ResponseClassifier.Total(caller.Responses);
            var gaps = _gaps.Of(hops, fromSource, fromDestination);
            var overhead = tcp ? null : HopOverheads.Of(fromSource, fromDestination, waypoint, _window);
            Count(source, target, hops, caller, responses, tcp);
            return new TopologyEdge
            {
                Source = Text(source),
                Target = Text(target),
                Service = Service(hops),
                Protocol = protocol,
                RequestsPerSecond = tcp ? null : caller?.RequestsPerSecond,
                ConnectionsPerSecond = tcp ? caller?.ConnectionsPerSecond : null,
                FailedConnectionsPerSecond = tcp ? caller?.FailedConnectionsPerSecond : null,
                ErrorRatio = responses.ErrorRatio,
                ClientErrorRatio = responses.ClientErrorRatio,
                Responses = caller is null || caller.Responses.IsDefaultOrEmpty ? [] : Shares(caller.Responses),
                LatencyMs = Latencies.Of(callee),
                ClientLatencyMs = Latencies.Of(fromSource),
                OverheadMs = overhead is null ? null : new OverheadMs(overhead.MeanMs, overhead.Reliable, overhead.Reason),
                BytesPerSecond = caller is { SentBytesPerSecond: null, ReceivedBytesPerSecond: null } or null ? null : new BytesPerSecond(caller.SentBytesPerSecond, caller.ReceivedBytesPerSecond),
                Mtls = hops.Exists(hop => hop.Operation is not null) ? EdgeSecurity.OfOperations(hops, caller, callee, target, _levels.Nodes, gaps) : EdgeSecurity.Of(hops, caller, callee, target, _levels.Nodes, gaps),
                SourcePrincipal = Principal(hops, edge => edge.SourcePrincipals),
                DestinationPrincipal = Principal(hops, edge => edge.DestinationPrincipals),
                ReportedBy = (fromSource is not null, fromDestination is not null, waypoint) switch
                {
                    (true, true, _) or (true, false, true) => "both",
                    (true, false, false) => "source",
                    (false, true, _) => "destination",
                    _ => "waypoint",
                },
                Health = _health.Of(source, target, caller, tcp ? Connections(caller) : responses, gaps.HideTraffic),
            };
        }

        private void Count(NodeId source, NodeId target, List<Hop> hops, ReporterTraffic? caller, ResponseTotals responses, bool tcp)
        {
            var from = Totals(source);
            var to = Totals(target);
            from.Peer ??= hops[0].Edges[0].Source;
            to.Peer ??= hops[0].Edges[0].Target;
            to.HasInbound = true;
            if (tcp)
            {
                if (caller?.ConnectionsPerSecond is not null)
                {
                    to.ConnectionsIn = to.ConnectionsIn.Add(Connections(caller));
                }
                else
                {
                    to.HasUnknownInbound = true;
                }

                var flows = caller is { ConnectionsPerSecond: > 0 } or { SentBytesPerSecond: > 0 } or { ReceivedBytesPerSecond: > 0 };
                from.OtherTraffic |= flows;
                to.OtherTraffic |= flows;
                return;
            }

            from.RequestsOut += caller?.RequestsPerSecond ?? 0;
            if (caller?.RequestsPerSecond is { } rate)
            {
                to.RequestsIn = (to.RequestsIn ?? 0) + rate;
                to.ResponsesIn = to.ResponsesIn.Add(responses);
            }
            else
            {
                to.HasUnknownInbound = true;
            }
        }

        private static ResponseTotals Connections(ReporterTraffic? caller) =>
            new(caller?.ConnectionsPerSecond ?? 0, caller?.FailedConnectionsPerSecond ?? 0, 0);

        private TopologyNode DrawNode(NodeTotals totals)
        {
            var id = totals.Id;
            var (health, reasons) = _health.Of(totals, _form == TopologyLevel.Workload ? [] : _members[id].Where(member => totals.Workloads.Count > 1));
            var app = id.Kind != NodeKind.App ? default : _form.Level == TopologyLevel.VersionedApp ? VersionedApp.Read(id.Name) : (App: id.Name, Version: null);
            var single = totals.Workloads.Count == 1 && id.Kind is not (NodeKind.Namespace or NodeKind.Service) ? totals.Workloads[0] : null;
            return new TopologyNode
            {
                Id = Text(id),
                Kind = id.Kind,
                Cluster = id.Cluster,
                Namespace = id.Namespace,
                Name = id.Name,
                App = id.Kind == NodeKind.App ? app.App
                    : id.Kind is NodeKind.Workload or NodeKind.Gateway or NodeKind.Waypoint ? single?.App ?? (single is null ? totals.Peer?.App : null)
                    : null,
                Version = app.Version is not null ? app.Version : single is not null ? single.Version : id.Kind is NodeKind.Workload && totals.Workloads.Count == 0 ? totals.Peer?.Version : null,
                Mesh = DataPlaneOf(totals.Workloads),
                Health = health,
                Reasons = reasons,
                RequestsPerSecond = totals.RequestsIn,
                ErrorRatio = totals.ResponsesIn.ErrorRatio,
                ReadyReplicas = totals.Ready,
                DesiredReplicas = totals.Desired,
                Badges = _badges.Of(id.Kind, totals.Workloads.Select(workload => workload.Id)),
            };
        }

        /// <summary>That of most pods, where the workloads of a node differ.</summary>
        private static DataPlane? DataPlaneOf(List<Workload> workloads) => workloads.Count == 0
            ? null
            : workloads.GroupBy(workload => workload.DataPlane)
                .OrderByDescending(group => group.Sum(workload => Math.Max(1, workload.Pods.Length)))
                .ThenByDescending(group => group.Key)
                .First().Key;

        private static string? Service(List<Hop> hops)
        {
            string? most = null;
            var highest = -1.0;
            foreach (var hop in hops)
            {
                foreach (var edge in hop.Called)
                {
                    var rate = edge.CallerView?.RequestsPerSecond ?? edge.CallerView?.ConnectionsPerSecond ?? 0;
                    if (!string.Equals(edge.ServiceHost, WorkloadId.UnknownName, StringComparison.Ordinal)
                        && (rate > highest || (rate == highest && string.CompareOrdinal(edge.ServiceHost, most) < 0)))
                    {
                        highest = rate;
                        most = edge.ServiceHost;
                    }
                }
            }

            return most;
        }

        private static ImmutableArray<ResponseShare> Shares(ImmutableArray<ResponseRate> responses)
        {
            var shares = new ResponseShare[responses.Length];
            for (var i = 0; i < shares.Length; i++)
            {
                var response = responses[i];
                shares[i] = new ResponseShare(response.Code.ToString(CultureInfo.InvariantCulture), response.Flags, response.RequestsPerSecond, response.GrpcStatus);
            }

            return ImmutableCollectionsMarshal.AsImmutableArray(shares);
        }

        /// <summary>The first in order, where several identities were seen.</summary>
        private static string? Principal(List<Hop> hops, Func<Edge, ImmutableArray<string>> of) =>
            hops.SelectMany(hop => hop.Edges).SelectMany(edge => of(edge)).Min(StringComparer.Ordinal);

        private NodeTotals Totals(NodeId id)
        {
            ref var totals = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, id, out _);
            return totals ??= new NodeTotals(id);
        }

        private string Text(NodeId id)
        {
            ref var text = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, id, out _);
            return text ??= id.ToString();
        }
    }
}
