using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>Resolves calls to clusters, as a proxy does with the configuration that istiod has pushed to it.</summary>
internal sealed class RoutePlanner(ClusterObserver observer, IReadOnlyDictionary<(string Host, string? Subset, int Port), DestinationCluster> earlier)
{
    private static readonly RouteRule s_plain = new(static _ => true, []);
    private readonly Dictionary<(string Host, string? Subset, int Port), DestinationCluster> _clusters = [];
    private readonly Dictionary<string, RouteTable?> _meshTables = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<(string Host, string? Subset, int Port), DestinationCluster> Clusters => _clusters;

    public RouteChoice Plan(CallSite site, int trafficClass)
    {
        var host = site.Host;
        var port = host.Ports is [var first, ..] ? first.Port : 80;
        var caller = site.Caller;
        var request = new RequestTraits(
            host.Host, site.Call.Method, site.Call.Path, port, TrafficClass.Headers[trafficClass],
            caller.Pods is [var pod, ..] ? pod.Labels : ImmutableDictionary<string, string>.Empty, caller.Namespace);
        if (!caller.HasProxy) return Straight(host, port);
        var gateway = caller.Pods[0].IsGateway;
        if (host.Protocol == TrafficProtocol.Tcp && !gateway) return host.Known ? Straight(host, port) : Own(s_plain, 0, "UH");
        var table = gateway ? GatewayTable(caller, host.Host) : MeshTable(host.Host);
        if (table is null) return gateway || !host.Known ? Own(s_plain, 404, "NR") : Straight(host, port);
        foreach (var rule in table.Rules)
        {
            if (!rule.Matches(request)) continue;
            if (rule.OwnAnswer is { } status) return Own(rule, status, "-");
            var sum = rule.Targets.Sum(target => (double)Math.Max(0, target.Weight));
            if (sum <= 0) return Own(rule, 500, "-");
            var targets = ImmutableArray.CreateBuilder<(double, DestinationCluster)>(rule.Targets.Length);
            foreach (var target in rule.Targets)
                if (target.Weight > 0)
                    targets.Add((target.Weight / sum, Cluster(observer.Host(target.Host), target.Subset, target.Port)));
            return new RouteChoice(rule, targets.ToImmutable());
        }

        return Own(s_plain, 404, "NR");
    }

    private static RouteChoice Own(RouteRule rule, int status, string flags) => new(rule, []) { OwnAnswer = (status, flags) };

    private RouteChoice Straight(HostNode host, int port) => new(s_plain, [(1, Cluster(host, null, port))]);

    private RouteTable? MeshTable(string host)
    {
        if (_meshTables.TryGetValue(host, out var known)) return known;
        // The exact host goes before a wildcard; among equals the oldest.
        RouteTable? table = null;
        foreach (var candidate in observer.Routes)
        {
            if (!candidate.Mesh || !candidate.Hosts.Any(own => RouteTable.Covers(own, host))) continue;
            if (candidate.Hosts.Contains(host))
            {
                table = candidate;
                break;
            }

            table ??= candidate;
        }

        return _meshTables[host] = table;
    }

    private RouteTable? GatewayTable(WorkloadNode gateway, string host)
    {
        foreach (var table in observer.Routes)
        {
            if (!table.Hosts.Any(own => RouteTable.Covers(own, host))) continue;
            foreach (var model in observer.Gateways)
                if (table.Gateways.Contains(model.Key) && model.Selects(gateway) && model.Hosts.Any(open => RouteTable.Covers(open, host)))
                    return table;
        }

        return null;
    }

    private DestinationCluster Cluster(HostNode host, string? subset, int? wantedPort)
    {
        var ports = host.Ports;
        var port = wantedPort ?? (ports is [var first, ..] ? first.Port : 80);
        var key = (host.Host, subset, port);
        if (_clusters.TryGetValue(key, out var cluster)) return cluster;
        var (targetPort, protocol) = (port, host.Protocol);
        foreach (var item in ports)
            if (item.Port == port)
                (targetPort, protocol) = (item.TargetPort, item.Protocol);
        observer.Rules.TryGetValue(host.Host, out var rule);
        var endpoints = host.Endpoints;
        if (subset is not null)
        {
            endpoints = rule is not null && rule.Subsets.TryGetValue(subset, out var labels)
                ? [.. endpoints.Select(endpoint => endpoint with { Pods = endpoint.Pods.RemoveAll(pod => !labels.Labels.All(pair => pod.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value)) })]
                : []; // An undefined subset is a cluster that does not exist.
        }

        endpoints = endpoints.RemoveAll(endpoint => endpoint.Pods.IsEmpty);
        cluster = new DestinationCluster(host, subset, port, targetPort, protocol, rule?.PolicyOf(subset, port) ?? TrafficPolicy.None, endpoints);
        if (earlier.TryGetValue(key, out var before)) cluster.Inherit(before);
        return _clusters[key] = cluster;
    }
}
