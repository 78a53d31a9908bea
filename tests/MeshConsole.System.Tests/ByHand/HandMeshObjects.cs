using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.ByHand;

/// <summary>The cluster objects behind <see cref="HandMesh"/>, written to a real API server as controllers and injector would leave them.</summary>
internal static class HandMeshObjects
{
    internal const string ProxyImage = "docker.io/istio/proxyv2:1.30.3";

    /// <summary>Life of the gateway's certificate that is left when it is written.</summary>
    internal static readonly TimeSpan GatewayCertificateLeft = TimeSpan.FromDays(5);

    internal static async Task WriteAsync(ApiClient admin, CancellationToken cancellationToken = default)
    {
        await admin.CreateNamespaceAsync("istio-system", null, cancellationToken);
        await admin.CreateNamespaceAsync("istio-ingress", null, cancellationToken);
        await admin.CreateNamespaceAsync("payments", new Dictionary<string, string> { ["istio-injection"] = "enabled" }, cancellationToken);

        await WorkloadAsync(admin, "istio-system", "istiod", "istiod", null, 1, proxy: false, "docker.io/istio/pilot:1.30.3", "discovery", cancellationToken);
        await WorkloadAsync(admin, "istio-ingress", "istio-ingressgateway", "istio-ingressgateway", null, 1, proxy: true, null, null, cancellationToken);
        await WorkloadAsync(admin, "payments", "payment-api", "payment-api", "v1", 2, proxy: true, "example/payment-api:7", "app", cancellationToken);
        await WorkloadAsync(admin, "payments", "card-processor-v1", "card-processor", "v1", 3, proxy: true, "example/card-processor:1", "app", cancellationToken);
        await WorkloadAsync(admin, "payments", "card-processor-v2", "card-processor", "v2", 1, proxy: true, "example/card-processor:2", "app", cancellationToken);
        await WorkloadAsync(admin, "payments", "ledger-db", "ledger-db", "v1", 1, proxy: true, "example/ledger-db:1", "app", cancellationToken);
        await WorkloadAsync(admin, "payments", "legacy-batch", "legacy-batch", "v1", 1, proxy: false, "example/legacy-batch:1", "app", cancellationToken);

        await ServiceAsync(admin, "istio-ingress", "istio-ingressgateway", "https", 443, cancellationToken);
        await ServiceAsync(admin, "payments", "payment-api", "http", 8080, cancellationToken);
        await ServiceAsync(admin, "payments", "card-processor", "http", 8080, cancellationToken);
        await ServiceAsync(admin, "payments", "ledger-db", "tcp-postgres", 5432, cancellationToken);

        await admin.CreateAsync(CardProcessor.VirtualServices, CardProcessor.VirtualService, cancellationToken);
        await admin.CreateAsync(CardProcessor.DestinationRules, CardProcessor.DestinationRule, cancellationToken);
        await admin.CreateAsync(
            "apis/security.istio.io/v1beta1/namespaces/payments/peerauthentications",
            JsonNode.Parse("""{ "apiVersion": "security.istio.io/v1beta1", "kind": "PeerAuthentication", "metadata": { "name": "default" }, "spec": { "mtls": { "mode": "PERMISSIVE" } } }""")!,
            cancellationToken);
        await admin.CreateAsync(
            "apis/networking.istio.io/v1beta1/namespaces/istio-ingress/gateways",
            JsonNode.Parse("""
                {
                  "apiVersion": "networking.istio.io/v1beta1", "kind": "Gateway", "metadata": { "name": "payments" },
                  "spec": {
                    "selector": { "app": "istio-ingressgateway" },
                    "servers": [ { "port": { "number": 443, "name": "https", "protocol": "HTTPS" }, "hosts": [ "pay.example.com" ], "tls": { "mode": "SIMPLE", "credentialName": "pay-tls" } } ]
                  }
                }
                """)!,
            cancellationToken);
        await CertificatesAsync(admin, cancellationToken);
        await admin.CreateAsync(MeshConfigurations, MeshConfiguration("enableAutoMtls: true"), cancellationToken);
    }

    internal const string MeshConfigurations = "api/v1/namespaces/istio-system/configmaps";

    internal static JsonObject MeshConfiguration(string mesh) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "istio", ["labels"] = new JsonObject { ["istio.io/rev"] = "default" } },
        ["data"] = new JsonObject { ["mesh"] = mesh },
    };

    private static async Task WorkloadAsync(ApiClient admin, string @namespace, string name, string app, string? version, int replicas, bool proxy, string? image, string? container, CancellationToken cancellationToken)
    {
        var labels = new JsonObject { ["app"] = app };
        if (version is not null)
        {
            labels["version"] = version;
        }

        var hash = "6d4c5b7f8";
        var podLabels = labels.DeepClone().AsObject();
        podLabels["pod-template-hash"] = hash;
        if (proxy)
        {
            podLabels["security.istio.io/tlsMode"] = "istio";
        }

        var podSpec = new JsonObject
        {
            // Accounts exist only as names here: nothing checks them without the admission plug-in.
            ["serviceAccountName"] = app,
            ["containers"] = new JsonArray([.. Containers(proxy, image, container)]),
        };
        var template = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = podLabels.DeepClone() }, ["spec"] = podSpec.DeepClone() };
        var spec = new JsonObject
        {
            ["replicas"] = replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = podLabels.DeepClone() },
            ["template"] = template,
        };
        var status = new JsonObject { ["replicas"] = replicas, ["readyReplicas"] = replicas, ["availableReplicas"] = replicas, ["observedGeneration"] = 1 };

        var deployment = await admin.CreateAsync(
            $"apis/apps/v1/namespaces/{@namespace}/deployments",
            Body("apps/v1", "Deployment", name, labels, spec),
            cancellationToken);
        deployment["status"] = status.DeepClone();
        deployment["status"]!["updatedReplicas"] = replicas;
        await admin.ReplaceAsync($"apis/apps/v1/namespaces/{@namespace}/deployments/{name}/status", deployment, cancellationToken);

        var replicaSet = await admin.CreateAsync(
            $"apis/apps/v1/namespaces/{@namespace}/replicasets",
            Body("apps/v1", "ReplicaSet", $"{name}-{hash}", podLabels, spec, Owner("apps/v1", "Deployment", name, deployment)),
            cancellationToken);
        replicaSet["status"] = status.DeepClone();
        await admin.ReplaceAsync($"apis/apps/v1/namespaces/{@namespace}/replicasets/{name}-{hash}/status", replicaSet, cancellationToken);

        for (var number = 1; number <= replicas; number++)
        {
            var podName = $"{name}-{hash}-{number:00000}";
            var pod = await admin.CreateAsync(
                $"api/v1/namespaces/{@namespace}/pods",
                Body("v1", "Pod", podName, podLabels, podSpec, Owner("apps/v1", "ReplicaSet", $"{name}-{hash}", replicaSet)),
                cancellationToken);
            pod["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["podIP"] = $"10.1.{podName.Length}.{number}",
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = $"10.1.{podName.Length}.{number}" }),
                ["startTime"] = TimeProvider.System.GetUtcNow().AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null),
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
                ["containerStatuses"] = new JsonArray([.. podSpec["containers"]!.AsArray().Select(item => new JsonObject
                {
                    ["name"] = item!["name"]!.GetValue<string>(),
                    ["image"] = item["image"]!.GetValue<string>(),
                    ["imageID"] = "",
                    ["ready"] = true,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["running"] = new JsonObject() },
                })]),
            };
            await admin.ReplaceAsync($"api/v1/namespaces/{@namespace}/pods/{podName}/status", pod, cancellationToken);
        }
    }

    private static IEnumerable<JsonNode> Containers(bool proxy, string? image, string? container)
    {
        if (container is not null)
        {
            yield return new JsonObject { ["name"] = container, ["image"] = image };
        }

        if (proxy)
        {
            yield return new JsonObject
            {
                ["name"] = "istio-proxy",
                ["image"] = ProxyImage,
                ["args"] = new JsonArray("proxy", container is null ? "router" : "sidecar"),
            };
        }
    }

    private static Task<JsonNode> ServiceAsync(ApiClient admin, string @namespace, string name, string portName, int port, CancellationToken cancellationToken) =>
        admin.CreateAsync(
            $"api/v1/namespaces/{@namespace}/services",
            Body(
                "v1",
                "Service",
                name,
                new JsonObject { ["app"] = name },
                new JsonObject
                {
                    ["selector"] = new JsonObject { ["app"] = name },
                    ["ports"] = new JsonArray(new JsonObject { ["name"] = portName, ["port"] = port, ["targetPort"] = port, ["protocol"] = "TCP" }),
                }),
            cancellationToken);

    private static async Task CertificatesAsync(ApiClient admin, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("O=cluster.local", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(now.AddDays(-365), now.AddDays(3285));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pay.example.com", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("pay.example.com");
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(root, now.AddDays(-85), now + GatewayCertificateLeft, RandomNumberGenerator.GetBytes(12));

        foreach (var @namespace in new[] { "payments", "istio-ingress" })
        {
            await admin.CreateAsync(
                $"api/v1/namespaces/{@namespace}/configmaps",
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "ConfigMap",
                    ["metadata"] = new JsonObject { ["name"] = "istio-ca-root-cert", ["labels"] = new JsonObject { ["istio.io/config"] = "true" } },
                    ["data"] = new JsonObject { ["root-cert.pem"] = root.ExportCertificatePem() },
                },
                cancellationToken);
        }

        await admin.CreateAsync(
            "api/v1/namespaces/istio-ingress/secrets",
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["type"] = "kubernetes.io/tls",
                ["metadata"] = new JsonObject { ["name"] = "pay-tls" },
                ["data"] = new JsonObject
                {
                    ["tls.crt"] = Base64(leaf.ExportCertificatePem()),
                    ["tls.key"] = Base64(key.ExportPkcs8PrivateKeyPem()),
                },
            },
            cancellationToken);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static JsonObject Body(string apiVersion, string kind, string name, JsonObject labels, JsonNode spec, JsonObject? owner = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["labels"] = labels.DeepClone() };
        if (owner is not null)
        {
            metadata["ownerReferences"] = new JsonArray(owner);
        }

        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata, ["spec"] = spec.DeepClone() };
    }

    private static JsonObject Owner(string apiVersion, string kind, string name, JsonNode owner) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = name,
        ["uid"] = owner["metadata"]!["uid"]!.GetValue<string>(),
        ["controller"] = true,
    };
}
