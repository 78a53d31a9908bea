using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Tests.Kubernetes;

/// <summary>Objects that the tests of the simulated API server write.</summary>
internal static class KubernetesObjects
{
    public static JsonObject ConfigMap(string name, string @namespace = "payments", params (string Key, string Value)[] data)
    {
        var values = new JsonObject();
        foreach (var (key, value) in data)
            values[key] = value;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
            ["data"] = values,
        };
    }

    public static JsonObject Pod(string name, string @namespace = "payments", string phase = "Running", string node = "node-1", params (string Key, string Value)[] labels)
    {
        var values = new JsonObject();
        foreach (var (key, value) in labels)
            values[key] = value;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["labels"] = values },
            ["spec"] = new JsonObject { ["nodeName"] = node, ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "registry.example/app:1" }) },
            ["status"] = new JsonObject { ["phase"] = phase },
        };
    }

    public static JsonObject Namespace(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject { ["name"] = name },
    };

    /// <summary>The article's canary: enterprise merchants to v2, everybody else <paramref name="stable"/> to <paramref name="canary"/>.</summary>
    public static JsonObject CardProcessorRoute(int stable = 90, int canary = 10, string apiVersion = "networking.istio.io/v1beta1") => (JsonObject)JsonNode.Parse($$"""
        {
          "apiVersion": "{{apiVersion}}", "kind": "VirtualService",
          "metadata": { "name": "card-processor", "namespace": "payments" },
          "spec": {
            "hosts": ["card-processor.payments.svc.cluster.local"],
            "http": [
              { "match": [{ "headers": { "x-merchant-tier": { "exact": "enterprise" } } }],
                "route": [{ "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 100 }] },
              { "route": [
                { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v1-stable" }, "weight": {{stable}} },
                { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": {{canary}} } ] }
            ]
          }
        }
        """)!;
}
