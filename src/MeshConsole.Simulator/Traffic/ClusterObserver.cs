using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// What istiod makes of the objects in the cluster: pods by workload, hosts and their endpoints, routes and policies. It is
/// read again when a kind it follows has changed. Used by one thread.
/// </summary>
internal sealed class ClusterObserver
{
    private static readonly ResourceType[] s_followed =
    [
        ResourceTypes.Pods, ResourceTypes.Services, ResourceTypes.ServiceEntries, ResourceTypes.VirtualServices, ResourceTypes.DestinationRules,
        ResourceTypes.IstioGateways, ResourceTypes.HttpRoutes, ResourceTypes.PeerAuthentications, ResourceTypes.Telemetries,
        ResourceTypes.ConfigMaps,
    ];

    private readonly ObjectStore _store;
    private readonly MeshBlueprint _blueprint;
    private readonly Dictionary<string, WorkloadBlueprint> _behaviours;
    private readonly Dictionary<string, ExternalBlueprint> _externals;
    private readonly Dictionary<string, PodModel> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WorkloadNode> _workloadsByKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostNode> _hostsByName = new(StringComparer.Ordinal);
    private readonly long[] _versions = new long[s_followed.Length];

    public ClusterObserver(ObjectStore store, MeshBlueprint blueprint)
    {
        _store = store;
        _blueprint = blueprint;
        _behaviours = blueprint.Workloads.ToDictionary(workload => workload.Key, StringComparer.Ordinal);
        _externals = blueprint.Externals.ToDictionary(external => external.Host, StringComparer.Ordinal);
        Array.Fill(_versions, -1);
        foreach (var workload in blueprint.Workloads) Workload(workload.Key);
    }

    /// <summary>In the order of first sight; those that are gone stay, without pods.</summary>
    public List<WorkloadNode> Workloads { get; } = [];

    public List<HostNode> Hosts { get; } = [];

    public ImmutableArray<RouteTable> Routes { get; private set; } = [];

    /// <summary>Rules by host, the first by name where several speak of one host.</summary>
    public IReadOnlyDictionary<string, DestinationRule> Rules { get; private set; } = new Dictionary<string, DestinationRule>();

    public ImmutableArray<PeerAuthentication> PeerAuthentications { get; private set; } = [];

    /// <summary>Istio Gateways as <c>namespace/name</c>, with the pods they select and the hosts they open.</summary>
    public ImmutableArray<GatewayModel> Gateways { get; private set; } = [];

    /// <summary>False when a Telemetry object of the root namespace switches the size metrics off.</summary>
    public bool SizesMeasured { get; private set; } = true;

    /// <summary>False when the mesh configuration says that proxies use mutual TLS only where a DestinationRule says so.</summary>
    public bool AutoMtls { get; private set; } = true;

    public int ServiceCount { get; private set; }

    /// <summary>Takes over what has changed since the last time.</summary>
    /// <returns>True when anything has.</returns>
    public bool Refresh()
    {
        var changed = false;
        Span<bool> dirty = stackalloc bool[s_followed.Length];
        for (var i = 0; i < s_followed.Length; i++)
        {
            var version = _store.Version(s_followed[i]);
            dirty[i] = version != _versions[i];
            _versions[i] = version;
            changed |= dirty[i];
        }

        if (!changed) return false;
        if (dirty[0]) ReadPods();
        if (dirty[0] || dirty[1] || dirty[2]) ReadHosts();
        if (dirty[3] || dirty[6])
        {
            Routes =
            [
                .. Read(ResourceTypes.VirtualServices, RouteTable.OfVirtualService).Concat(Read(ResourceTypes.HttpRoutes, RouteTable.OfHttpRoute))
                    .OrderBy(table => table.CreatedAt).ThenBy(table => table.Name, StringComparer.Ordinal),
            ];
        }

        if (dirty[4]) Rules = Read(ResourceTypes.DestinationRules, DestinationRule.Of).GroupBy(rule => rule.Host, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        if (dirty[5]) Gateways = [.. Read(ResourceTypes.IstioGateways, GatewayModel.Of)];
        if (dirty[7]) PeerAuthentications = [.. Read(ResourceTypes.PeerAuthentications, PeerAuthentication.Of)];
        if (dirty[8]) SizesMeasured = !Read(ResourceTypes.Telemetries, SwitchesSizesOff).Any(off => off);
        if (dirty[9]) AutoMtls = _store.Find(ResourceTypes.ConfigMaps, "istio-system", "istio") is not { } mesh || !SwitchesAutoMtlsOff(mesh);
        return true;
    }

    public WorkloadNode Workload(string key)
    {
        if (_workloadsByKey.TryGetValue(key, out var node)) return node;
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var behaviour = _behaviours.GetValueOrDefault(key) ?? new WorkloadBlueprint(key[..slash], key[(slash + 1)..], key[(slash + 1)..], "v1");
        node = new WorkloadNode(Workloads.Count, key, behaviour);
        Workloads.Add(node);
        return _workloadsByKey[key] = node;
    }

    public HostNode Host(string host)
    {
        if (_hostsByName.TryGetValue(host, out var node)) return node;
        node = new HostNode(Hosts.Count, host);
        Hosts.Add(node);
        return _hostsByName[host] = node;
    }

    private static bool SwitchesSizesOff(JsonElement telemetry)
    {
        if (telemetry.At("metadata").Text("namespace") != "istio-system") return false;
        var off = telemetry.At("spec").Items("metrics").SelectMany(metrics => metrics.Items("overrides"))
            .Where(item => item.Flag("disabled") ?? false).Select(item => item.At("match").Text("metric")).ToHashSet(StringComparer.Ordinal);
        return off.Contains("ALL_METRICS") || (off.Contains("REQUEST_SIZE") && off.Contains("RESPONSE_SIZE"));
    }

    private static bool SwitchesAutoMtlsOff(StoredObject map)
    {
        using var document = JsonDocument.Parse(map.Utf8Body);
        return document.RootElement.At("data").Text("mesh") is { } mesh
            && mesh.Split('\n').Any(line => line.StartsWith("enableAutoMtls:", StringComparison.Ordinal) && line["enableAutoMtls:".Length..].Trim() == "false");
    }

    private void ReadPods()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var byWorkload = new Dictionary<string, List<PodModel>>(StringComparer.Ordinal);
        foreach (var pod in _store.List(ResourceTypes.Pods))
        {
            seen.Add(pod.Uid);
            if (!_pods.TryGetValue(pod.Uid, out var model) || model.Object.ResourceVersion != pod.ResourceVersion)
                _pods[pod.Uid] = model = PodModel.Of(pod);
            if (!byWorkload.TryGetValue(model.Workload, out var list)) byWorkload[model.Workload] = list = [];
            list.Add(model);
        }

        foreach (var uid in _pods.Keys.Where(uid => !seen.Contains(uid)).ToList()) _pods.Remove(uid);
        foreach (var key in byWorkload.Keys) Workload(key);
        foreach (var workload in Workloads)
        {
            workload.Pods = byWorkload.TryGetValue(workload.Key, out var pods) ? [.. pods] : [];
            var reporting = workload.Pods.Where(pod => pod.HasProxy && pod.Ready).ToImmutableArray();
            workload.Reporters = _blueprint.SeriesPerPod || reporting.Length < 2 ? reporting : [reporting[0]];
        }
    }

    private void ReadHosts()
    {
        var known = new HashSet<HostNode>();
        ServiceCount = 0;
        var byNamespace = Workloads.Where(workload => !workload.Pods.IsEmpty).ToLookup(workload => workload.Pods[0].Namespace, StringComparer.Ordinal);
        foreach (var service in _store.List(ResourceTypes.Services))
        {
            using var document = JsonDocument.Parse(service.Utf8Body);
            var spec = document.RootElement.At("spec");
            var host = Host($"{service.Name}.{service.Namespace}.svc.cluster.local");
            known.Add(host);
            ServiceCount++;
            host.Namespace = service.Namespace!;
            host.Name = service.Name;
            host.Headless = spec.Text("clusterIP") == "None";
            host.Ports = [.. spec.Items("ports").Select(PortOf)];
            host.Protocol = host.Ports is [var port, ..] ? port.Protocol : TrafficProtocol.Tcp;
            host.External = null;
            var selector = spec.Map("selector");
            host.Endpoints = selector.Count == 0 ? [] : [.. byNamespace[service.Namespace!].Select(workload => Selected(workload, selector)).OfType<HostEndpoint>()];
        }

        foreach (var entry in _store.List(ResourceTypes.ServiceEntries))
        {
            using var document = JsonDocument.Parse(entry.Utf8Body);
            var spec = document.RootElement.At("spec");
            foreach (var name in spec.Texts("hosts"))
            {
                var host = Host(name);
                known.Add(host);
                host.Namespace = entry.Namespace!;
                host.Name = name;
                host.Ports = [.. spec.Items("ports").Select(PortOf)];
                host.Protocol = host.Ports is [var port, ..] ? port.Protocol : TrafficProtocol.Tcp;
                host.External = _externals.GetValueOrDefault(name) ?? new ExternalBlueprint(entry.Namespace!, entry.Name, name, new LatencyProfile(100, 0.5));
            }
        }

        foreach (var host in Hosts)
        {
            host.Known = known.Contains(host);
            if (!host.Known) host.Endpoints = [];
        }

        static HostEndpoint? Selected(WorkloadNode workload, Dictionary<string, string> selector)
        {
            var pods = workload.Pods.Where(pod => selector.All(pair => pod.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value)).ToImmutableArray();
            return pods.IsEmpty ? null : new HostEndpoint(workload, [.. pods.Where(pod => pod.Ready)]);
        }
    }

    /// <summary>Istio takes the protocol from <c>appProtocol</c>, else from the port's name up to the first dash.</summary>
    private static (int Port, int TargetPort, TrafficProtocol Protocol) PortOf(JsonElement port)
    {
        var said = port.Text("appProtocol") ?? port.Text("protocol") switch { null or "TCP" or "UDP" => null, var other => other };
        var name = port.Text("name") ?? "";
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        said ??= dash < 0 ? name : name[..dash];
        var number = port.Integer("port") ?? port.Integer("number") ?? 0;
        return (number, port.Integer("targetPort") ?? number, said.ToLowerInvariant() switch
        {
            "http" or "http2" => TrafficProtocol.Http,
            "grpc" => TrafficProtocol.Grpc,
            _ => TrafficProtocol.Tcp,
        });
    }

    private List<T> Read<T>(ResourceType type, Func<JsonElement, T> read)
    {
        var result = new List<T>();
        foreach (var item in _store.List(type))
        {
            // The document is not returned to its pool: what is read keeps elements of it.
            var document = JsonDocument.Parse(item.Utf8Body);
            result.Add(read(document.RootElement));
        }

        return result;
    }
}

/// <summary>An Istio Gateway: which pods carry it and for which hosts it is open.</summary>
internal sealed record GatewayModel(string Key, IReadOnlyDictionary<string, string> Selector, ImmutableArray<string> Hosts)
{
    public static GatewayModel Of(JsonElement body) => new(
        $"{body.At("metadata").Text("namespace")}/{body.At("metadata").Text("name")}",
        body.At("spec").Map("selector"),
        [.. body.At("spec").Items("servers").SelectMany(server => server.Texts("hosts")).Select(host => host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..])]);

    public bool Selects(WorkloadNode workload) =>
        Selector.Count > 0 && workload.Pods is [var pod, ..] && Selector.All(pair => pod.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
