using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// Which badges the workloads of a snapshot have, by the objects of their cluster alone. A route counts for the Services that
/// its hosts name (or that it is attached to); one that names none, as those of gateways do, for the Services that it sends to.
/// Objects that have not been read give no badge: none is drawn where nothing is known.
/// </summary>
public sealed class NodeBadges
{
    private const int Locks = (1 << (int)NodeBadge.Strict) | (1 << (int)NodeBadge.Permissive) | (1 << (int)NodeBadge.Disabled);

    /// <summary>Of a whole namespace only what is out of the ordinary is said: nearly every one has a route with a time limit.</summary>
    private const int Common = (1 << (int)NodeBadge.VirtualService) | (1 << (int)NodeBadge.Timeout) | (1 << (int)NodeBadge.CircuitBreaker);

    private static readonly NodeBadge[] s_all = Enum.GetValues<NodeBadge>();

    private readonly Dictionary<WorkloadId, int> _badges = [];

    public NodeBadges(MeshSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        foreach (var cluster in snapshot.Clusters)
        {
            AddWorkloads(snapshot, cluster);
            new Hosts(this, cluster).AddObjects();
        }
    }

    /// <summary>The badges of a node that stands for these workloads, in order. The weakest lock of them is that of the node.</summary>
    public ImmutableArray<NodeBadge> Of(NodeKind kind, IEnumerable<WorkloadId> workloads)
    {
        ArgumentNullException.ThrowIfNull(workloads);
        var badges = 0;
        foreach (var id in workloads)
        {
            badges |= _badges.GetValueOrDefault(id);
        }

        if (badges == 0)
        {
            return [];
        }

        var locks = badges & Locks;
        badges &= ~Locks;
        for (var weakest = (int)NodeBadge.Disabled; weakest >= (int)NodeBadge.Strict; weakest--)
        {
            if ((locks & (1 << weakest)) != 0)
            {
                badges |= 1 << weakest;
                break;
            }
        }

        if (kind == NodeKind.Namespace)
        {
            badges &= ~Common;
        }

        return [.. s_all.Where(badge => (badges & (1 << (int)badge)) != 0)];
    }

    private void Add(IEnumerable<WorkloadId> workloads, NodeBadge badge)
    {
        foreach (var id in workloads)
        {
            _badges[id] = _badges.GetValueOrDefault(id) | (1 << (int)badge);
        }
    }

    private void AddWorkloads(MeshSnapshot snapshot, ClusterSnapshot cluster)
    {
        var policies = new ClusterPolicies(snapshot, cluster);
        foreach (var workload in cluster.Workloads)
        {
            var pods = workload.Pods.Count(pod => pod.Phase is PodPhase.Running or PodPhase.Pending or PodPhase.Unknown);
            if (pods > 0 && (workload.DataPlane == DataPlane.None || (workload.DataPlane == DataPlane.Sidecar && workload.PodsWithProxy < pods)))
            {
                Add([workload.Id], NodeBadge.NoProxy);
            }

            if (workload.IsGateway)
            {
                Add([workload.Id], NodeBadge.Gateway);
            }
            else if (workload.DataPlane is DataPlane.Sidecar or DataPlane.Ambient && policies.DecisionFor(workload) is { } decision)
            {
                Add([workload.Id], decision.Mode switch
                {
                    PeerMode.Strict => NodeBadge.Strict,
                    PeerMode.Disable => NodeBadge.Disabled,

                    // Nothing set anywhere means what PERMISSIVE says.
                    _ => NodeBadge.Permissive,
                });
            }
        }
    }

    /// <summary>The Services of one cluster by host, and the objects that speak of hosts.</summary>
    private sealed class Hosts
    {
        private readonly NodeBadges _badges;
        private readonly ClusterSnapshot _cluster;
        private readonly string _domain;
        private readonly Dictionary<string, Service> _services = new(StringComparer.Ordinal);
        private readonly Dictionary<WorkloadId, Workload> _workloads;

        public Hosts(NodeBadges badges, ClusterSnapshot cluster)
        {
            _badges = badges;
            _cluster = cluster;
            _domain = cluster.Services.IsEmpty ? ServiceHost.DefaultDomain : ServiceHost.DomainOf(cluster.Services[0]);
            _workloads = cluster.Workloads.ToDictionary(workload => workload.Id);
            foreach (var service in cluster.Services)
            {
                _services[service.Host] = service;
            }
        }

        public void AddObjects()
        {
            foreach (var route in Known(_cluster.Objects.VirtualServices))
            {
                AddVirtualService(route);
            }

            foreach (var route in Known(_cluster.Objects.HttpRoutes).Concat(Known(_cluster.Objects.GrpcRoutes)))
            {
                AddGatewayApiRoute(route);
            }

            foreach (var split in Known(_cluster.Objects.TrafficSplits))
            {
                if (split.Spec.Text("service") is { } root)
                {
                    AddSplit(split.Spec.Items("backends"), At(root, split.Meta.Namespace));
                }
            }

            foreach (var rule in Known(_cluster.Objects.DestinationRules))
            {
                AddDestinationRule(rule);
            }
        }

        private static IEnumerable<MeshObject> Known(ImmutableArray<MeshObject> objects) => objects.IsDefault ? [] : objects;

        private void AddVirtualService(MeshObject route)
        {
            var named = route.Spec.Texts("hosts").SelectMany(host => At(host, route.Meta.Namespace)).ToHashSet();
            foreach (var rule in route.Spec.Items("http").Concat(route.Spec.Items("tcp")).Concat(route.Spec.Items("tls")))
            {
                var backends = rule.Items("route").ToList();
                var targets = named.Count > 0 ? named : [.. backends.SelectMany(backend => At(backend.Get("destination").Text("host"), route.Meta.Namespace))];
                _badges.Add(targets, NodeBadge.VirtualService);
                AddSplit(backends, targets);
                if (rule.Get("fault").IsObject())
                {
                    _badges.Add(targets, NodeBadge.FaultInjection);
                }

                if (rule.Get("mirror").IsObject() || rule.Items("mirrors").Any())
                {
                    _badges.Add(targets, NodeBadge.Mirroring);
                }

                if (rule.Text("timeout") is not null || (rule.Get("retries") is { ValueKind: JsonValueKind.Object } retries && retries.Whole("attempts") != 0))
                {
                    _badges.Add(targets, NodeBadge.Timeout);
                }
            }
        }

        private void AddGatewayApiRoute(MeshObject route)
        {
            var @namespace = route.Meta.Namespace;
            var attached = route.Spec.Items("parentRefs").Where(parent => parent.Text("kind") == "Service")
                .SelectMany(parent => Behind(parent.Text("name"), parent.Text("namespace") ?? @namespace)).ToHashSet();
            foreach (var rule in route.Spec.Items("rules"))
            {
                var backends = rule.Items("backendRefs").ToList();
                var targets = attached.Count > 0 ? attached : [.. backends.SelectMany(backend => Behind(backend.Text("name"), backend.Text("namespace") ?? @namespace))];
                _badges.Add(targets, NodeBadge.VirtualService);
                AddSplit(backends, targets);
                if (rule.Items("filters").Any(filter => filter.Text("type") == "RequestMirror"))
                {
                    _badges.Add(targets, NodeBadge.Mirroring);
                }

                if (rule.Get("timeouts").IsObject() || rule.Get("retry").IsObject())
                {
                    _badges.Add(targets, NodeBadge.Timeout);
                }
            }
        }

        /// <summary>Two backends or more that get traffic; a weight that is not written is 0 beside others in Istio, and 1 in the Gateway API.</summary>
        private void AddSplit(IEnumerable<JsonElement> backends, IEnumerable<WorkloadId> targets)
        {
            if (backends.Count(backend => backend.Get("weight").IsPresent() ? backend.Whole("weight") is > 0 : backend.Get("destination").ValueKind == JsonValueKind.Undefined) > 1)
            {
                _badges.Add(targets, NodeBadge.CanarySplit);
            }
        }

        private void AddDestinationRule(MeshObject rule)
        {
            var targets = At(rule.Spec.Text("host"), rule.Meta.Namespace).ToList();
            if (Breaks(rule.Spec.Get("trafficPolicy")))
            {
                _badges.Add(targets, NodeBadge.CircuitBreaker);
            }

            foreach (var subset in rule.Spec.Items("subsets").Where(subset => Breaks(subset.Get("trafficPolicy"))))
            {
                var labels = subset.Get("labels").Labels();
                _badges.Add(targets.Where(id => _workloads.TryGetValue(id, out var workload) && ServiceResolver.Selects(labels, workload.Labels)), NodeBadge.CircuitBreaker);
            }
        }

        private static bool Breaks(JsonElement policy) =>
            policy.Get("outlierDetection").IsObject() || policy.Get("connectionPool").IsObject()
            || policy.Items("portLevelSettings").Any(port => port.Get("outlierDetection").IsObject() || port.Get("connectionPool").IsObject());

        private IEnumerable<WorkloadId> Behind(string? service, string @namespace) =>
            service is null ? [] : At(ServiceHost.Of(@namespace, service, _domain), @namespace);

        /// <summary>The workloads behind a host as an object of a namespace writes it; a wildcard means every Service that it covers.</summary>
        private IEnumerable<WorkloadId> At(string? host, string @namespace)
        {
            if (string.IsNullOrEmpty(host))
            {
                return [];
            }

            var name = ServiceHost.Expand(host, @namespace, _domain);
            if (name.Contains('*'))
            {
                // "*" alone is how gateways' routes say "whatever host": it names no Service.
                return name == "*" ? [] : _services.Values.Where(service => ServiceHost.Matches(name, service.Host)).SelectMany(service => service.Workloads);
            }

            return _services.TryGetValue(name, out var exact) ? exact.Workloads : [];
        }
    }
}
