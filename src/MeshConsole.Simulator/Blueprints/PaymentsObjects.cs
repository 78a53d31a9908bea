using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Blueprints;

/// <summary>The objects of the mesh APIs that the payments platform has applied.</summary>
internal static class PaymentsObjects
{
    public static ImmutableArray<JsonObject> Create() =>
    [
        .. Routes.Concat(Rules).Concat(Entries).Concat(Security)
            .Select(text => JsonNode.Parse(text) as JsonObject ?? throw new InvalidOperationException("An object of the payments mesh is not a JSON object.")),
    ];

    private static ImmutableArray<string> Routes =>
    [
        """
        {
          "apiVersion": "networking.istio.io/v1beta1", "kind": "VirtualService",
          "metadata": { "name": "card-processor", "namespace": "payments", "labels": { "team": "payments" } },
          "spec": {
            "hosts": ["card-processor.payments.svc.cluster.local"],
            "http": [
              {
                "match": [{ "headers": { "x-merchant-tier": { "exact": "enterprise" } } }],
                "route": [{ "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 100 }],
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
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
          "metadata": { "name": "pay-api", "namespace": "istio-ingress" },
          "spec": {
            "hosts": ["pay.example"], "gateways": ["pay-gateway"],
            "http": [
              {
                "name": "payments", "match": [{ "uri": { "prefix": "/v1/payments" } }],
                "route": [{ "destination": { "host": "payment-api.payments.svc.cluster.local", "port": { "number": 80 } } }], "timeout": "15s"
              },
              {
                "name": "refunds", "match": [{ "uri": { "prefix": "/v1/refunds" } }],
                "route": [{ "destination": { "host": "refunds.payments.svc.cluster.local", "port": { "number": 80 } } }], "timeout": "15s"
              },
              {
                "name": "checkout", "match": [{ "uri": { "prefix": "/checkout" } }],
                "route": [{ "destination": { "host": "checkout.payments.svc.cluster.local", "port": { "number": 80 } } }], "timeout": "20s"
              }
            ]
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
          "metadata": { "name": "merchants", "namespace": "istio-ingress" },
          "spec": {
            "hosts": ["merchants.pay.example"], "gateways": ["pay-gateway"],
            "http": [{ "route": [{ "destination": { "host": "merchant-api.merchants.svc.cluster.local", "port": { "number": 80 } } }], "timeout": "10s" }]
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
          "metadata": { "name": "ledger", "namespace": "finance" },
          "spec": {
            "hosts": ["ledger.finance.svc.cluster.local"],
            "http": [{
              "name": "post-entry",
              "route": [{ "destination": { "host": "ledger.finance.svc.cluster.local" } }],
              "timeout": "2s", "retries": { "attempts": 0 }
            }]
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
          "metadata": { "name": "fraud-engine", "namespace": "risk" },
          "spec": {
            "hosts": ["fraud-engine.risk.svc.cluster.local"],
            "http": [{
              "route": [{ "destination": { "host": "fraud-engine.risk.svc.cluster.local" } }],
              "timeout": "1s", "retries": { "attempts": 1, "perTryTimeout": "500ms", "retryOn": "connect-failure,refused-stream,unavailable" }
            }]
          }
        }
        """,
        """
        {
          "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
          "metadata": { "name": "merchant-events", "namespace": "merchants" },
          "spec": {
            "parentRefs": [{ "group": "", "kind": "Service", "name": "notifications", "port": 80 }],
            "rules": [{
              "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }],
              "backendRefs": [
                { "group": "", "kind": "Service", "name": "notifications", "port": 80, "weight": 80 },
                { "group": "", "kind": "Service", "name": "webhook-dispatch", "port": 80, "weight": 20 }
              ]
            }]
          },
          "status": {
            "parents": [{
              "controllerName": "istio.io/gateway-controller",
              "parentRef": { "group": "", "kind": "Service", "name": "notifications", "port": 80 },
              "conditions": [
                { "type": "Accepted", "status": "True", "reason": "Accepted", "message": "Route was valid", "observedGeneration": 1, "lastTransitionTime": "2026-01-12T08:00:00Z" },
                { "type": "ResolvedRefs", "status": "True", "reason": "ResolvedRefs", "message": "All references resolved", "observedGeneration": 1, "lastTransitionTime": "2026-01-12T08:00:00Z" }
              ]
            }]
          }
        }
        """,
    ];

    private static ImmutableArray<string> Rules =>
    [
        """
        {
          "apiVersion": "networking.istio.io/v1beta1", "kind": "DestinationRule",
          "metadata": { "name": "card-processor", "namespace": "payments", "labels": { "team": "payments" } },
          "spec": {
            "host": "card-processor.payments.svc.cluster.local",
            "trafficPolicy": {
              "connectionPool": { "tcp": { "maxConnections": 100 }, "http": { "h2UpgradePolicy": "DEFAULT", "maxRequestsPerConnection": 10 } },
              "outlierDetection": { "consecutive5xxErrors": 3, "interval": "30s", "baseEjectionTime": "60s", "maxEjectionPercent": 50 }
            },
            "subsets": [
              { "name": "v1-stable", "labels": { "version": "v1" } },
              { "name": "v2-new-provider", "labels": { "version": "v2" }, "trafficPolicy": { "connectionPool": { "http": { "maxRequestsPerConnection": 5 } } } }
            ]
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
          "metadata": { "name": "ledger", "namespace": "finance" },
          "spec": {
            "host": "ledger.finance.svc.cluster.local",
            "trafficPolicy": {
              "loadBalancer": { "simple": "LEAST_REQUEST" },
              "connectionPool": { "http": { "http2MaxRequests": 400 } },
              "outlierDetection": { "consecutiveGatewayErrors": 5, "interval": "10s", "baseEjectionTime": "30s", "maxEjectionPercent": 50 }
            }
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
          "metadata": { "name": "postgres", "namespace": "finance" },
          "spec": {
            "host": "postgres.finance.svc.cluster.local",
            "trafficPolicy": { "connectionPool": { "tcp": { "maxConnections": 200, "connectTimeout": "3s" } }, "tls": { "mode": "ISTIO_MUTUAL" } }
          }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
          "metadata": { "name": "acquirer", "namespace": "payments" },
          "spec": { "host": "acquirer.example", "trafficPolicy": { "tls": { "mode": "SIMPLE", "sni": "acquirer.example" } } }
        }
        """,
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
          "metadata": { "name": "newpay", "namespace": "payments" },
          "spec": { "host": "newpay.example", "trafficPolicy": { "tls": { "mode": "SIMPLE", "sni": "newpay.example" } } }
        }
        """,
    ];

    private static ImmutableArray<string> Entries =>
    [
        Entry("payments", "acquirer", "acquirer.example"),
        Entry("payments", "newpay", "newpay.example"),
        Entry("merchants", "merchant-hooks", "hooks.merchant.example"),
        """
        {
          "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
          "metadata": { "name": "pay-gateway", "namespace": "istio-ingress" },
          "spec": {
            "selector": { "istio": "ingressgateway" },
            "servers": [
              {
                "port": { "number": 443, "name": "https-pay", "protocol": "HTTPS" }, "hosts": ["pay.example"],
                "tls": { "mode": "SIMPLE", "credentialName": "pay-example-tls" }
              },
              {
                "port": { "number": 443, "name": "https-merchants", "protocol": "HTTPS" }, "hosts": ["merchants.pay.example"],
                "tls": { "mode": "SIMPLE", "credentialName": "merchants-pay-example-tls" }
              }
            ]
          }
        }
        """,
    ];

    private static ImmutableArray<string> Security =>
    [
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
          "metadata": { "name": "default", "namespace": "istio-system" },
          "spec": { "mtls": { "mode": "PERMISSIVE" } }
        }
        """,
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
          "metadata": { "name": "default", "namespace": "finance" },
          "spec": { "mtls": { "mode": "STRICT" } }
        }
        """,
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
          "metadata": { "name": "settlement-legacy-callers", "namespace": "finance" },
          "spec": {
            "selector": { "matchLabels": { "app": "settlement" } },
            "mtls": { "mode": "STRICT" }, "portLevelMtls": { "8080": { "mode": "PERMISSIVE" } }
          }
        }
        """,
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
          "metadata": { "name": "postgres-reconciliation", "namespace": "finance" },
          "spec": {
            "selector": { "matchLabels": { "app": "postgres" } },
            "mtls": { "mode": "STRICT" }, "portLevelMtls": { "5432": { "mode": "PERMISSIVE" } }
          }
        }
        """,
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
          "metadata": { "name": "token-vault", "namespace": "payments" },
          "spec": { "selector": { "matchLabels": { "app": "token-vault" } }, "mtls": { "mode": "PERMISSIVE" } }
        }
        """,
        """
        {
          "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
          "metadata": { "name": "ledger-writers", "namespace": "finance" },
          "spec": {
            "selector": { "matchLabels": { "app": "ledger" } }, "action": "ALLOW",
            "rules": [{
              "from": [{ "source": { "principals": [
                "cluster.local/ns/payments/sa/payment-api", "cluster.local/ns/payments/sa/refunds", "cluster.local/ns/finance/sa/settlement",
                "cluster.local/ns/finance/sa/payouts", "cluster.local/ns/finance/sa/reconciliation"
              ] } }]
            }]
          }
        }
        """,
        """
        {
          "apiVersion": "telemetry.istio.io/v1", "kind": "Telemetry",
          "metadata": { "name": "mesh-default", "namespace": "istio-system" },
          "spec": { "tracing": [{ "randomSamplingPercentage": 5 }] }
        }
        """,
        """
        {
          "apiVersion": "telemetry.istio.io/v1", "kind": "Telemetry",
          "metadata": { "name": "gateway-operations", "namespace": "istio-ingress" },
          "spec": {
            "selector": { "matchLabels": { "app": "istio-ingressgateway" } },
            "metrics": [{
              "providers": [{ "name": "prometheus" }],
              "overrides": [{
                "match": { "metric": "ALL_METRICS", "mode": "CLIENT" },
                "tagOverrides": { "request_operation": { "value": "request.method + ' ' + request.url_path" } }
              }]
            }]
          }
        }
        """,
    ];

    private static string Entry(string ns, string name, string host) =>
        $$"""
        {
          "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
          "metadata": { "name": "{{name}}", "namespace": "{{ns}}" },
          "spec": {
            "hosts": ["{{host}}"], "location": "MESH_EXTERNAL", "resolution": "DNS",
            "ports": [{ "number": 80, "name": "http", "protocol": "HTTP", "targetPort": 443 }]
          }
        }
        """;
}
