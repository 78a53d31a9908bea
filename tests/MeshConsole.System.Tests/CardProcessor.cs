using System.Text.Json.Nodes;

namespace MeshConsole.System.Tests;

/// <summary>The two objects of the article, as an operator applies them.</summary>
internal static class CardProcessor
{
    internal const string VirtualServices = "apis/networking.istio.io/v1beta1/namespaces/payments/virtualservices";
    internal const string DestinationRules = "apis/networking.istio.io/v1beta1/namespaces/payments/destinationrules";
    internal const string VirtualServicePath = VirtualServices + "/card-processor";
    internal const string StableWeight = "/spec/http/1/route/0/weight";
    internal const string NewProviderWeight = "/spec/http/1/route/1/weight";

    internal static JsonNode VirtualService => JsonNode.Parse("""
        {
          "apiVersion": "networking.istio.io/v1beta1",
          "kind": "VirtualService",
          "metadata": { "name": "card-processor", "namespace": "payments" },
          "spec": {
            "hosts": [ "card-processor.payments.svc.cluster.local" ],
            "http": [
              {
                "match": [ { "headers": { "x-merchant-tier": { "exact": "enterprise" } } } ],
                "route": [
                  { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 100 }
                ],
                "timeout": "8s",
                "retries": { "attempts": 2, "perTryTimeout": "3s", "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" }
              },
              {
                "route": [
                  { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v1-stable" }, "weight": 90 },
                  { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 10 }
                ],
                "timeout": "8s",
                "retries": { "attempts": 2, "perTryTimeout": "3s", "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" }
              }
            ]
          }
        }
        """)!;

    internal static JsonNode DestinationRule => JsonNode.Parse("""
        {
          "apiVersion": "networking.istio.io/v1beta1",
          "kind": "DestinationRule",
          "metadata": { "name": "card-processor", "namespace": "payments" },
          "spec": {
            "host": "card-processor.payments.svc.cluster.local",
            "trafficPolicy": {
              "connectionPool": {
                "tcp": { "maxConnections": 100 },
                "http": { "h2UpgradePolicy": "DEFAULT", "maxRequestsPerConnection": 10 }
              },
              "outlierDetection": { "consecutive5xxErrors": 3, "interval": "30s", "baseEjectionTime": "60s", "maxEjectionPercent": 50 }
            },
            "subsets": [
              { "name": "v1-stable", "labels": { "version": "v1" } },
              {
                "name": "v2-new-provider",
                "labels": { "version": "v2" },
                "trafficPolicy": { "connectionPool": { "http": { "maxRequestsPerConnection": 5 } } }
              }
            ]
          }
        }
        """)!;

    /// <summary>Moves the canary the way <c>kubectl patch --type=json</c> does, guarded by the weight that is there.</summary>
    internal static JsonArray MoveWeights(int fromStable, int toStable) =>
    [
        new JsonObject { ["op"] = "test", ["path"] = StableWeight, ["value"] = fromStable },
        new JsonObject { ["op"] = "replace", ["path"] = StableWeight, ["value"] = toStable },
        new JsonObject { ["op"] = "replace", ["path"] = NewProviderWeight, ["value"] = 100 - toStable },
    ];
}
