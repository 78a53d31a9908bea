using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Certificates;

/// <summary>
/// Everything about certificates that lies in the cluster: the mesh's own authority in <c>cacerts</c>, its root in a ConfigMap of
/// every namespace, the gateway's certificates in Secrets, and cert-manager's Certificate for the one that it looks after.
/// </summary>
internal sealed class MeshCertificates : IDisposable
{
    public const string GatewayNamespace = "istio-ingress";
    public const string GatewaySecret = "pay-example-tls";

    private static readonly TimeSpan s_gatewayLife = TimeSpan.FromDays(90);

    private readonly CertificateAuthority _root;
    private readonly CertificateAuthority _publicRoot;
    private readonly CertificateAuthority _publicIssuer;

    public MeshCertificates(DateTimeOffset now)
    {
        _root = CertificateAuthority.Root("CN=Root CA, O=Payments Platform", now - TimeSpan.FromDays(410), now + TimeSpan.FromDays(3_240));
        Mesh = _root.Below("CN=Intermediate CA cluster-1, O=Payments Platform", now - TimeSpan.FromDays(120), now + TimeSpan.FromDays(245));
        _publicRoot = CertificateAuthority.Root("CN=Example Trust Root R1, O=Example Trust Services", now - TimeSpan.FromDays(1_800), now + TimeSpan.FromDays(5_500));
        _publicIssuer = _publicRoot.Below("CN=Example Trust E5, O=Example Trust Services", now - TimeSpan.FromDays(400), now + TimeSpan.FromDays(700));
        Workloads = new WorkloadCertificates(Mesh);
    }

    /// <summary>The authority that istiod signs with.</summary>
    public CertificateAuthority Mesh { get; }

    public CertificateAuthority Root => _root;

    /// <summary>The root above the gateway's certificates.</summary>
    public CertificateAuthority PublicRoot => _publicRoot;

    public WorkloadCertificates Workloads { get; }

    public IEnumerable<JsonObject> Objects(IEnumerable<string> namespaces, DateTimeOffset now)
    {
        var installed = now - TimeSpan.FromDays(120);
        foreach (var ns in namespaces)
        {
            yield return new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["metadata"] = Metadata("istio-ca-root-cert", ns, installed, new JsonObject { ["istio.io/config"] = "true" }),
                ["data"] = new JsonObject { ["root-cert.pem"] = _root.CertificatePem },
            };
        }

        yield return Secret("cacerts", "istio-system", "Opaque", installed, null, ("ca-cert.pem", Mesh.CertificatePem), ("ca-key.pem", Mesh.KeyPem),
            ("cert-chain.pem", Mesh.ChainPem), ("root-cert.pem", _root.CertificatePem));
        var issued = now - TimeSpan.FromDays(31);
        yield return GatewaySecretOf(issued, issued + s_gatewayLife, issued);
        yield return GatewayCertificate(issued, issued + s_gatewayLife, failing: false, now);
        // Bought once and put there by hand: nobody renews it.
        var bought = now - TimeSpan.FromDays(280);
        using var merchants = _publicIssuer.Issue("CN=merchants.pay.example", ["merchants.pay.example"], null, bought, bought + TimeSpan.FromDays(397));
        yield return Secret("merchants-pay-example-tls", GatewayNamespace, "kubernetes.io/tls", bought, null, ("tls.crt", merchants.ChainPem), ("tls.key", merchants.KeyPem));
        yield return Webhook("MutatingWebhookConfiguration", "istio-sidecar-injector", installed, "/inject", "rev.namespace.sidecar-injector.istio.io", "rev.object.sidecar-injector.istio.io", "namespace.sidecar-injector.istio.io", "object.sidecar-injector.istio.io");
        yield return Webhook("ValidatingWebhookConfiguration", "istio-validator-istio-system", installed, "/validate", "rev.validation.istio.io");
    }

    /// <summary>As istiod keeps them: it writes its root into the webhooks that call it.</summary>
    private JsonObject Webhook(string kind, string name, DateTimeOffset createdAt, string path, params ReadOnlySpan<string> hooks)
    {
        var webhooks = new JsonArray();
        foreach (var hook in hooks)
        {
            webhooks.Add(new JsonObject
            {
                ["name"] = hook,
                ["clientConfig"] = new JsonObject
                {
                    ["service"] = new JsonObject { ["name"] = "istiod", ["namespace"] = "istio-system", ["path"] = path, ["port"] = 443 },
                    ["caBundle"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(_root.CertificatePem)),
                },
                ["failurePolicy"] = "Fail",
                ["sideEffects"] = "None",
                ["admissionReviewVersions"] = new JsonArray("v1"),
            });
        }

        var metadata = Metadata(name, "", createdAt, new JsonObject { ["app"] = name, ["istio.io/rev"] = "default" });
        metadata.Remove("namespace");
        return new JsonObject { ["apiVersion"] = "admissionregistration.k8s.io/v1", ["kind"] = kind, ["metadata"] = metadata, ["webhooks"] = webhooks };
    }

    /// <summary>The Secret that the gateway presents for <c>pay.example</c>, newly issued for the given time.</summary>
    public JsonObject GatewaySecretOf(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset createdAt)
    {
        using var leaf = _publicIssuer.Issue("CN=pay.example", ["pay.example", "www.pay.example"], null, notBefore, notAfter);
        return Secret(GatewaySecret, GatewayNamespace, "kubernetes.io/tls", createdAt, new JsonObject
        {
            ["cert-manager.io/certificate-name"] = "pay-example",
            ["cert-manager.io/issuer-name"] = "example-trust",
            ["cert-manager.io/issuer-kind"] = "ClusterIssuer",
            ["cert-manager.io/issuer-group"] = "cert-manager.io",
        }, ("tls.crt", leaf.ChainPem), ("tls.key", leaf.KeyPem));
    }

    public static JsonObject GatewayCertificate(DateTimeOffset notBefore, DateTimeOffset notAfter, bool failing, DateTimeOffset now)
    {
        var conditions = new JsonArray(new JsonObject
        {
            ["type"] = "Ready",
            ["status"] = "True",
            ["reason"] = "Ready",
            ["message"] = "Certificate is up to date and has not expired",
            ["lastTransitionTime"] = KubernetesTime.Seconds(notBefore),
            ["observedGeneration"] = 1,
        });
        var renewal = notAfter - TimeSpan.FromDays(30);
        var status = new JsonObject
        {
            ["notBefore"] = KubernetesTime.Seconds(notBefore),
            ["notAfter"] = KubernetesTime.Seconds(notAfter),
            ["renewalTime"] = KubernetesTime.Seconds(renewal),
            ["revision"] = 4,
            ["conditions"] = conditions,
        };
        if (failing)
        {
            conditions.Add(new JsonObject
            {
                ["type"] = "Issuing",
                ["status"] = "False",
                ["reason"] = "Failed",
                ["observedGeneration"] = 1,
                ["message"] = "The certificate request has failed to complete and will be retried: challenge for pay.example was not answered",
                ["lastTransitionTime"] = KubernetesTime.Seconds(renewal),
            });
            status["failedIssuanceAttempts"] = 9;
            status["lastFailureTime"] = KubernetesTime.Seconds(now - TimeSpan.FromHours(3));
        }

        return new JsonObject
        {
            ["apiVersion"] = "cert-manager.io/v1",
            ["kind"] = "Certificate",
            ["metadata"] = Metadata("pay-example", GatewayNamespace, notBefore - TimeSpan.FromDays(200), null),
            ["spec"] = new JsonObject
            {
                ["secretName"] = GatewaySecret,
                ["dnsNames"] = new JsonArray("pay.example", "www.pay.example"),
                ["duration"] = "2160h0m0s",
                ["renewBefore"] = "720h0m0s",
                ["issuerRef"] = new JsonObject { ["name"] = "example-trust", ["kind"] = "ClusterIssuer", ["group"] = "cert-manager.io" },
            },
            ["status"] = status,
        };
    }

    public void Dispose()
    {
        Mesh.Dispose();
        _root.Dispose();
        _publicIssuer.Dispose();
        _publicRoot.Dispose();
    }

    private static JsonObject Secret(string name, string ns, string type, DateTimeOffset createdAt, JsonObject? annotations, params ReadOnlySpan<(string Key, string Text)> entries)
    {
        var data = new JsonObject();
        foreach (var (key, text) in entries) data[key] = Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
        var metadata = Metadata(name, ns, createdAt, null);
        if (annotations is not null) metadata["annotations"] = annotations;
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = metadata, ["type"] = type, ["data"] = data };
    }

    private static JsonObject Metadata(string name, string ns, DateTimeOffset createdAt, JsonObject? labels)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns, ["creationTimestamp"] = KubernetesTime.Seconds(createdAt) };
        if (labels is not null) metadata["labels"] = labels;
        return metadata;
    }
}
