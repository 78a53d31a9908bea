using System.Text.Json.Nodes;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;

namespace MeshConsole.Simulator.Tests.Mesh;

/// <summary>
/// A mesh that fits on paper: a gateway at 100 requests per second, a front, and a back in two versions. No noise in the day:
/// demand does not follow the clock.
/// </summary>
internal sealed class TinyMesh : IDisposable
{
    public const string Gateway = "edge/gateway";
    public const string Front = "shop/front";
    public const string BackV1 = "shop/back-v1";
    public const string BackV2 = "shop/back-v2";
    public const string BackHost = "back.shop.svc.cluster.local";
    public const double Demand = 100;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    public TinyMesh(Func<MeshBlueprint, MeshBlueprint>? change = null, int seed = 1, double enterprise = 0, params string[] objects)
    {
        Time = new FakeTimeProvider();
        var blueprint = Blueprint(enterprise, objects);
        Model = new MeshModel(new SimulatorOptions { Seed = seed, HistoryLength = TimeSpan.FromSeconds(30), ScrapeInterval = s_interval }, Time, change?.Invoke(blueprint) ?? blueprint);
        Model.CreateHistory(CancellationToken.None);
    }

    public FakeTimeProvider Time { get; }

    public MeshModel Model { get; }

    public ObjectStore Objects => Model.Objects;

    /// <summary>Lets scrapes happen.</summary>
    public void Run(int scrapes)
    {
        for (var i = 0; i < scrapes; i++)
        {
            Time.Advance(s_interval);
            Model.Tick();
        }
    }

    /// <summary>What is counted during the next scrapes, by a first scrape that takes in what was changed just now.</summary>
    public CountedSamples Count(int scrapes, int settle = 1)
    {
        Run(settle);
        var from = Model.TickedAt;
        Run(scrapes);
        return new CountedSamples(Model.Samples, from, Model.TickedAt);
    }

    /// <summary>Applies an object of a mesh API.</summary>
    public void Apply(string json)
    {
        var item = (JsonObject)JsonNode.Parse(json)!;
        Objects.Put(ResourceTypes.Find(item["apiVersion"]!.GetValue<string>(), item["kind"]!.GetValue<string>())!, item);
    }

    public static string BackRoute(string rules) =>
        $$"""
        {
          "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": { "name": "back", "namespace": "shop" },
          "spec": { "hosts": ["back"], "http": [{{rules}}] }
        }
        """;

    public static string Split(int v1, int v2, string more = "") =>
        $$"""{ "route": [{ "destination": { "host": "back", "subset": "v1" }, "weight": {{v1}} }, { "destination": { "host": "back", "subset": "v2" }, "weight": {{v2}} }]{{more}} }""";

    public static string BackRule(string policy = "{}") =>
        $$"""
        {
          "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": { "name": "back", "namespace": "shop" },
          "spec": {
            "host": "back", "trafficPolicy": {{policy}},
            "subsets": [{ "name": "v1", "labels": { "version": "v1" } }, { "name": "v2", "labels": { "version": "v2" } }]
          }
        }
        """;

    public static string Strict(string ns) =>
        $$"""
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": { "name": "default", "namespace": "{{ns}}" },
          "spec": { "mtls": { "mode": "STRICT" } }
        }
        """;

    public void Dispose() => Model.Dispose();

    private static MeshBlueprint Blueprint(double enterprise, string[] objects) => new()
    {
        Name = "tiny",
        Namespaces = [new("istio-system", false), new("edge", true), new("shop", true), new("outside", false)],
        Services =
        [
            new("shop", "front", TrafficProtocol.Http, 80, 8080), new("shop", "back", TrafficProtocol.Http, 80, 8080),
            new("shop", "store", TrafficProtocol.Tcp, 5432, 5432),
        ],
        Workloads =
        [
            new("edge", "gateway", "gateway", "") { Proxy = ProxyKind.Gateway },
            new("shop", "front", "front", "v1") { Latency = new(10, 0.5), Calls = [new(BackHost, 1) { Path = "/items", Method = "GET" }] },
            new("shop", "back-v1", "back", "v1") { Latency = new(20, 0.5) },
            new("shop", "back-v2", "back", "v2") { Latency = new(20, 0.5) },
            new("shop", "store", "store", "v1") { Port = 5432, RequestBytes = 100, ResponseBytes = 1_000 },
            new("outside", "job", "job", "v1") { Proxy = ProxyKind.None, Replicas = 1 },
        ],
        Demands = [new(Gateway, new("shop.example", 1) { Path = "/" }, Demand, enterprise) { Daily = false }],
        Objects =
        [
            .. ((string[])
            [
                """
                {
                  "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": { "name": "shop", "namespace": "edge" },
                  "spec": { "selector": { "istio": "ingressgateway" }, "servers": [{ "port": { "number": 443, "name": "https", "protocol": "HTTPS" }, "hosts": ["shop.example"] }] }
                }
                """,
                """
                {
                  "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": { "name": "shop", "namespace": "edge" },
                  "spec": { "hosts": ["shop.example"], "gateways": ["shop"], "http": [{ "route": [{ "destination": { "host": "front.shop.svc.cluster.local" } }] }] }
                }
                """,
                .. objects,
            ]).Select(text => (JsonObject)JsonNode.Parse(text)!),
        ],
        Cast = new(BackV2, "shop/back", "v1", BackV1, "shop/back", Front, BackHost, "outside"),
    };
}
