using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes;

/// <summary>Whole route objects as the API server sends them, and the routes the console makes of them.</summary>
internal static class RouteObjects
{
    public const string Istio = "networking.istio.io/v1beta1";
    public const string GatewayApi = "gateway.networking.k8s.io/v1";
    public const string Smi = "split.smi-spec.io/v1alpha4";

    public static JsonElement CardProcessor { get; } = VirtualService(
        """
        {
          "hosts": ["card-processor.payments.svc.cluster.local"],
          "http": [
            {
              "match": [{ "headers": { "x-merchant-tier": { "exact": "enterprise" } } }],
              "route": [{ "destination": { "host": "card-processor", "subset": "v2" }, "weight": 100 }]
            },
            {
              "route": [
                { "destination": { "host": "card-processor", "subset": "v1" }, "weight": 90 },
                { "destination": { "host": "card-processor", "subset": "v2" }, "weight": 10 }
              ],
              "retries": { "attempts": 2, "retryOn": "connect-failure" },
              "timeout": "8s"
            }
          ]
        }
        """);

    public static JsonElement VirtualService(string spec, string? annotations = null) => Object(Istio, "VirtualService", spec, annotations);

    public static JsonElement HttpRoute(string spec, string? annotations = null) => Object(GatewayApi, "HTTPRoute", spec, annotations);

    public static JsonElement TrafficSplit(string spec, string version = "v1alpha4") => Object($"split.smi-spec.io/{version}", "TrafficSplit", spec);

    public static JsonElement Object(string apiVersion, string kind, string spec, string? annotations = null) => Given.Json(
        $$"""
        {
          "apiVersion": {{JsonSerializer.Serialize(apiVersion)}},
          "kind": "{{kind}}",
          "metadata": {
            {{(annotations is null ? "" : $"\"annotations\": {annotations},")}}
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "generation": 4,
            "managedFields": [{ "manager": "kubectl" }],
            "name": "card-processor",
            "namespace": "payments",
            "resourceVersion": "1234",
            "uid": "4f1c"
          },
          "spec": {{spec}},
          "status": { "observedGeneration": 4 }
        }
        """);

    /// <summary>The routes of an object, as the page shows them.</summary>
    public static ImmutableArray<RouteView> Routes(JsonElement @object)
    {
        var kind = @object.GetProperty("kind").GetString()!;
        var read = new MeshObjectParser(@object.GetProperty("apiVersion").GetString()!, kind).Parse(Encoding.UTF8.GetBytes(@object.GetRawText()));
        var objects = kind switch
        {
            "VirtualService" => Given.NoObjects with { VirtualServices = [read] },
            "HTTPRoute" => Given.NoObjects with { HttpRoutes = [read] },
            "GRPCRoute" => Given.NoObjects with { GrpcRoutes = [read] },
            _ => Given.NoObjects with { TrafficSplits = [read] },
        };
        return RouteInventory.Build(Given.Snapshot(Given.ClusterOf(objects)), MeshQuery.All);
    }

    public static RouteView Route(JsonElement @object, int index = 0) => Routes(@object)[index];

    /// <summary>The object as it was read just now.</summary>
    public static LiveTarget Live(JsonElement @object, ChangeTarget target, ImmutableArray<PlanBackend> backends)
    {
        var metadata = @object.GetProperty("metadata");
        return new LiveTarget(
            @object,
            metadata.GetProperty("uid").GetString()!,
            metadata.GetProperty("resourceVersion").GetString()!,
            SpecHash.Of(@object),
            TargetRule.Find(@object, target, backends).Weights,
            null);
    }

    public static ImmutableArray<PlanBackend> Backends(RouteView route) =>
        [.. route.Backends.Select(b => new PlanBackend(b.Host, b.Subset, b.Port, b.Weight ?? RouteRules.OmittedWeight(route.Object.Kind)))];

    public static JsonNode Node(JsonElement element) => JsonNode.Parse(element.GetRawText())!;

    public static JsonElement Element(JsonNode node) => Given.Json(node.ToJsonString());
}
