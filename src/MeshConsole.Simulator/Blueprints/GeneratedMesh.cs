using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Blueprints;

/// <summary>
/// Large meshes: services in tiers that call services of the next two tiers, so that requests end; the same seed gives the same
/// mesh. One service in fifty is a canary of two versions, one in twenty a database.
/// </summary>
internal static class GeneratedMesh
{
    private const int Tiers = 12;
    private const int EntryServices = 24;
    private const int CanaryPlace = 7;

    public static MeshBlueprint Create(MeshSize size, int seed) => size switch
    {
        MeshSize.M => Create("medium", services: 200, edges: 900, namespaces: 10, pods: 600, nodes: 8, seed),
        MeshSize.L => Create("large", services: 1_000, edges: 5_000, namespaces: 50, pods: 10_000, nodes: 120, seed),
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "Only M and L are generated."),
    };

    private static MeshBlueprint Create(string name, int services, int edges, int namespaces, int pods, int nodes, int seed)
    {
        var random = Noise.Hash((ulong)seed, (ulong)services);
        var entries = Math.Min(EntryServices, services / 8);
        var all = Enumerable.Range(0, services).Select(index => Service(index, services, namespaces, random)).ToArray();
        var calls = Calls(all, edges - entries, random);
        var perService = pods / services;
        var workloads = ImmutableArray.CreateBuilder<WorkloadBlueprint>();
        var objects = ImmutableArray.CreateBuilder<JsonObject>();
        workloads.Add(new WorkloadBlueprint("istio-ingress", "istio-ingressgateway", "istio-ingressgateway", "1.30.3")
        {
            Proxy = ProxyKind.Gateway,
            Port = 8443,
            Latency = new(0.4, 0.3),
        });
        for (var i = 0; i < services; i++)
        {
            var service = all[i];
            var canary = service.Protocol != TrafficProtocol.Tcp && i % 50 == CanaryPlace;
            var first = Workload(service, i, "v1", canary ? (perService + 1) / 2 : perService, [.. calls[i].Select(call => new CallBlueprint(all[call.Target].Host, call.PerRequest))], random);
            workloads.Add(first);
            if (!canary) continue;
            workloads.Add(first with { Name = service.Name + "-v2", Version = "v2", Replicas = Math.Max(1, perService / 2) });
            workloads[^2] = first with { Name = service.Name + "-v1" };
            objects.AddRange(Canary(service));
        }

        objects.Add(Parse("""
            { "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": { "name": "default", "namespace": "istio-system" }, "spec": { "mtls": { "mode": "PERMISSIVE" } } }
            """));
        // What operators of meshes of this size do against the cost of histograms nobody reads.
        objects.Add(Parse("""
            {
              "apiVersion": "telemetry.istio.io/v1", "kind": "Telemetry", "metadata": { "name": "mesh-default", "namespace": "istio-system" },
              "spec": { "metrics": [{ "providers": [{ "name": "prometheus" }], "overrides": [
                { "match": { "metric": "REQUEST_SIZE" }, "disabled": true }, { "match": { "metric": "RESPONSE_SIZE" }, "disabled": true }
              ] }] }
            }
            """));
        objects.Add(Parse("""
            {
              "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": { "name": "edge", "namespace": "istio-ingress" },
              "spec": { "selector": { "istio": "ingressgateway" }, "servers": [{
                "port": { "number": 443, "name": "https", "protocol": "HTTPS" }, "hosts": ["*.mesh.example"], "tls": { "mode": "SIMPLE", "credentialName": "pay-example-tls" } }] }
            }
            """));
        var demands = ImmutableArray.CreateBuilder<DemandBlueprint>();
        for (var i = 0; i < entries; i++)
        {
            var host = $"{all[i].Name}.mesh.example";
            demands.Add(new DemandBlueprint("istio-ingress/istio-ingressgateway", new CallBlueprint(host, 1) { Method = "GET" }, 40 + (60 * Noise.Uniform(random, (ulong)i)), 0.1));
            objects.Add(Parse($$"""
                {
                  "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": { "name": "{{all[i].Name}}-edge", "namespace": "istio-ingress" },
                  "spec": { "hosts": ["{{host}}"], "gateways": ["edge"], "http": [{ "route": [{ "destination": { "host": "{{all[i].Host}}" } }] }] }
                }
                """));
        }

        var cast = all[CanaryPlace];
        return new MeshBlueprint
        {
            Name = name,
            Namespaces =
            [
                new("default", false), new("kube-system", false), new("istio-system", false), new("istio-ingress", true),
                .. Enumerable.Range(0, namespaces).Select(index => new NamespaceBlueprint(NamespaceName(index), true)),
            ],
            Services = [.. all, new("istio-ingress", "istio-ingressgateway", TrafficProtocol.Http, 443, 8443)],
            Workloads = workloads.ToImmutable(),
            Demands = demands.ToImmutable(),
            Objects = objects.ToImmutable(),
            SeriesPerPod = false,
            Nodes = nodes,
            Cast = new(
                Canary: $"{cast.Namespace}/{cast.Name}-v2", CanaryRoute: $"{cast.Namespace}/{cast.Name}", Stable: "v1",
                Retried: $"{cast.Namespace}/{cast.Name}-v1", RetriedRoute: $"{cast.Namespace}/{cast.Name}", NotRenewing: $"{all[3].Namespace}/{all[3].Name}",
                PlaintextTarget: all[2].Host, PlaintextNamespace: "default"),
        };
    }

    private static string NamespaceName(int index) => string.Create(CultureInfo.InvariantCulture, $"team-{index:00}");

    private static ServiceBlueprint Service(int index, int services, int namespaces, ulong random)
    {
        var last = Tier(index, services) >= Tiers - 2;
        var protocol = last && index % 3 == 0 ? TrafficProtocol.Tcp : Noise.Uniform(random, (ulong)index ^ 0xABUL) < 0.2 ? TrafficProtocol.Grpc : TrafficProtocol.Http;
        var (port, target) = protocol switch { TrafficProtocol.Tcp => (5432, 5432), TrafficProtocol.Grpc => (9090, 9090), _ => (80, 8080) };
        return new(NamespaceName(index % namespaces), string.Create(CultureInfo.InvariantCulture, $"svc-{index:0000}"), protocol, port, target);
    }

    private static int Tier(int index, int services) => index * Tiers / services;

    private static List<(int Target, double PerRequest)>[] Calls(ServiceBlueprint[] services, int edges, ulong random)
    {
        var count = services.Length;
        var calls = new List<(int, double)>[count];
        var taken = new HashSet<(int, int)>();
        for (var i = 0; i < count; i++) calls[i] = [];
        var made = 0;
        // Everybody has a caller first, so that no service stands alone; the rest is spread by chance.
        for (var target = FirstOf(1); target < count && made < edges; target++)
            made += Add(Pick(target, Tier(target, count) - 1, 1), target);
        for (ulong attempt = 0; made < edges && attempt < (ulong)edges * 40; attempt++)
        {
            var caller = (int)(Noise.Hash(random, attempt) % (ulong)FirstOf(Tiers - 1));
            var low = FirstOf(Tier(caller, count) + 1);
            var high = FirstOf(Math.Min(Tiers, Tier(caller, count) + 3));
            made += Add(caller, low + (int)(Noise.Hash(random ^ 0x5EUL, attempt) % (ulong)Math.Max(1, high - low)));
        }

        for (var i = 0; i < count; i++)
        {
            var each = calls[i].Count == 0 ? 0 : 0.92 / calls[i].Count;
            calls[i] = [.. calls[i].Select((call, n) => (call.Item1, each * (0.6 + (0.8 * Noise.Uniform(random ^ (ulong)i, (ulong)n)))))];
        }

        return calls;

        int FirstOf(int tier) => ((tier * count) + Tiers - 1) / Tiers;

        int Pick(int target, int tier, int salt)
        {
            var low = FirstOf(tier);
            return low + (int)(Noise.Hash(random ^ (ulong)salt, (ulong)target) % (ulong)Math.Max(1, FirstOf(tier + 1) - low));
        }

        int Add(int caller, int target)
        {
            if (services[caller].Protocol == TrafficProtocol.Tcp || caller == target || !taken.Add((caller, target))) return 0;
            calls[caller].Add((target, 0));
            return 1;
        }
    }

    private static WorkloadBlueprint Workload(ServiceBlueprint service, int index, string version, int replicas, ImmutableArray<CallBlueprint> calls, ulong random)
    {
        var seed = (ulong)index;
        return new WorkloadBlueprint(service.Namespace, service.Name, service.Name, version)
        {
            Replicas = replicas,
            Port = service.TargetPort,
            Proxy = index % 3 == 0 ? ProxyKind.NativeSidecar : index % 97 == 5 && service.Protocol == TrafficProtocol.Http ? ProxyKind.None : ProxyKind.Container,
            Latency = new(2 + (18 * Math.Pow(Noise.Uniform(random ^ 0x1AUL, seed), 2)), 0.4 + (0.4 * Noise.Uniform(random ^ 0x2BUL, seed))),
            // Failures travel up to every caller's caller: near the edge they stay few.
            Answers = index % 40 == 11 ? [new(404, 0.01)] : index < EntryServices && index % 8 == 3 ? [new(503, 0.002)] : [],
            CapacityPerPod = 2_000,
            Calls = calls,
        };
    }

    private static IEnumerable<JsonObject> Canary(ServiceBlueprint service)
    {
        yield return Parse($$"""
            {
              "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": { "name": "{{service.Name}}", "namespace": "{{service.Namespace}}" },
              "spec": { "hosts": ["{{service.Host}}"], "http": [{ "route": [
                { "destination": { "host": "{{service.Host}}", "subset": "v1" }, "weight": 95 }, { "destination": { "host": "{{service.Host}}", "subset": "v2" }, "weight": 5 }] }] }
            }
            """);
        yield return Parse($$"""
            {
              "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": { "name": "{{service.Name}}", "namespace": "{{service.Namespace}}" },
              "spec": { "host": "{{service.Host}}", "subsets": [{ "name": "v1", "labels": { "version": "v1" } }, { "name": "v2", "labels": { "version": "v2" } }] }
            }
            """);
    }

    private static JsonObject Parse(string text) => (JsonObject)JsonNode.Parse(text)!;
}
