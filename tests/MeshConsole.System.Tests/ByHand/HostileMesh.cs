using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.ByHand;

/// <summary>
/// <see cref="HandMesh"/> and, beside it, what a broken or malicious proxy, client or colleague can put into labels and objects. Each
/// text of markup would make an element with <c>data-hostile</c>, or set <c>window.hit</c>, if anything took it for more than text.
/// <code>
/// edge (both reporters)               per second
/// payment-api → Markup                3.0 of 200
/// payment-api → RightToLeft           1.5 of 200
/// payment-api → Long                  2.0 of 200
/// payment-api → Formula               1.0 of 200
/// Breakout → payment-api              0.5 of 200
/// loop-a → loop-b → loop-c → loop-a   4.0 of 503, each
/// narcissus → narcissus               6.0 of 503
/// payment-api → not-a-number          5.0 of 200; the sum and a bucket of their durations are NaN
/// payment-api → endless               5.0 of 200; the sum of their durations is infinite
/// payment-api → half-known            2.0 of 200 and NaN of 503
/// payment-api → nowhere               0.4 of 200, by the caller; every label of the callee is empty
/// nowhere → payment-api               0.3 of 200, by the callee; every label of the caller is empty
/// payment-api → script host           0.75 of 200, by the caller
/// payment-api → code and flags        0.6 with a code and flags of markup
/// </code>
/// </summary>
internal static class HostileMesh
{
    internal const string Markup = "<img src=x data-hostile onerror=\"window.hit=1\">";
    internal const string Breakout = "\"'></title></textarea></script><script data-hostile>window.hit=1</script>";
    internal const string RightToLeft = "\u202egnp\u05d0\u05d1 50 %";
    internal const string Formula = "=cmd|' /C calc'!A0";
    internal const string ScriptHost = "javascript:window.hit=1";

    internal static readonly string Long = "long-" + new string('x', 4_995);

    internal static async Task<LinearMetrics> StartAsync()
    {
        var metrics = new LinearMetrics();
        HandMesh.Expose(metrics);
        Expose(metrics);
        await metrics.StartAsync();
        return metrics;
    }

    internal static async Task WriteObjectsAsync(ApiClient admin)
    {
        await HandMeshObjects.WriteAsync(admin);
        var annotations = new JsonObject { ["example.com/note"] = Markup + Breakout + RightToLeft, ["example.com/long"] = Long };
        await admin.CreateAsync(CardProcessor.VirtualServices, new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1beta1",
            ["kind"] = "VirtualService",
            ["metadata"] = new JsonObject { ["name"] = "hostile", ["annotations"] = annotations.DeepClone() },
            ["spec"] = new JsonObject
            {
                ["hosts"] = new JsonArray("payment-api.payments.svc.cluster.local", Breakout, RightToLeft, Long),
                ["gateways"] = new JsonArray("mesh", Markup),
                ["http"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = Markup,
                        ["match"] = new JsonArray(new JsonObject { ["uri"] = new JsonObject { ["prefix"] = RightToLeft }, ["headers"] = new JsonObject { [Markup] = new JsonObject { ["exact"] = Breakout } } }),
                        ["route"] = new JsonArray(
                            new JsonObject { ["destination"] = new JsonObject { ["host"] = Breakout, ["subset"] = Markup }, ["weight"] = 60 },
                            new JsonObject { ["destination"] = new JsonObject { ["host"] = Long, ["subset"] = RightToLeft }, ["weight"] = 40 }),
                        ["timeout"] = Markup,
                        ["retries"] = new JsonObject { ["attempts"] = 2, ["retryOn"] = Markup },
                    }),
            },
        });
        await admin.MergePatchAsync(
            "apis/apps/v1/namespaces/payments/deployments/payment-api",
            new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations.DeepClone() } });

        var pod = await admin.GetAsync("api/v1/namespaces/payments/pods/payment-api-6d4c5b7f8-00001");
        pod["status"]!["containerStatuses"] = new JsonArray(new JsonObject
        {
            ["name"] = "app",
            ["image"] = Markup,
            ["imageID"] = Breakout,
            ["ready"] = false,
            ["restartCount"] = 7,
            ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = RightToLeft + Markup, ["message"] = Breakout } },
        });
        await admin.ReplaceAsync("api/v1/namespaces/payments/pods/payment-api-6d4c5b7f8-00001/status", pod);
        await GatewayAsync(admin);
    }

    /// <summary>Moves a weight by a manager whose name is markup, so that the timeline has it.</summary>
    internal static Task TouchAsync(ApiClient admin) => admin.JsonPatchAsync(
        $"{CardProcessor.VirtualServices}/hostile?fieldManager={Uri.EscapeDataString(Markup)}",
        [
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/0/route/0/weight", ["value"] = 70 },
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/0/route/1/weight", ["value"] = 30 },
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/http/0/timeout", ["value"] = RightToLeft },
        ]);

    private static async Task GatewayAsync(ApiClient admin)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(Markup);
        subject.AddCommonName(RightToLeft);
        using var certificate = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-80), now.AddDays(3));
        string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        await admin.CreateAsync("api/v1/namespaces/istio-ingress/secrets", new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["type"] = "kubernetes.io/tls",
            ["metadata"] = new JsonObject { ["name"] = "hostile-tls", ["annotations"] = new JsonObject { ["example.com/note"] = Breakout } },
            ["data"] = new JsonObject { ["tls.crt"] = Base64(certificate.ExportCertificatePem()), ["tls.key"] = Base64(key.ExportPkcs8PrivateKeyPem()) },
        });
        await admin.CreateAsync("apis/networking.istio.io/v1beta1/namespaces/istio-ingress/gateways", new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1beta1",
            ["kind"] = "Gateway",
            ["metadata"] = new JsonObject { ["name"] = "hostile" },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["app"] = "istio-ingressgateway" },
                ["servers"] = new JsonArray(new JsonObject
                {
                    ["port"] = new JsonObject { ["number"] = 8443, ["name"] = Markup, ["protocol"] = "HTTPS" },
                    ["hosts"] = new JsonArray(Breakout, RightToLeft, Long),
                    ["tls"] = new JsonObject { ["mode"] = "SIMPLE", ["credentialName"] = "hostile-tls" },
                }),
            },
        });
    }

    private static void Expose(LinearMetrics metrics)
    {
        Both(metrics, "payment-api", Markup, ("200", "-", 3));
        Both(metrics, "payment-api", RightToLeft, ("200", "-", 1.5));
        Both(metrics, "payment-api", Long, ("200", "-", 2));
        Both(metrics, "payment-api", Formula, ("200", "-", 1));
        Both(metrics, Breakout, "payment-api", ("200", "-", 0.5));
        Both(metrics, "loop-a", "loop-b", ("503", "-", 4));
        Both(metrics, "loop-b", "loop-c", ("503", "-", 4));
        Both(metrics, "loop-c", "loop-a", ("503", "-", 4));
        Both(metrics, "narcissus", "narcissus", ("503", "-", 6));
        Both(metrics, "payment-api", "half-known", ("200", "-", 2), ("503", "-", double.NaN));
        Both(metrics, "payment-api", "code-and-flags", (Markup, RightToLeft + Breakout, 0.6));
        Both(metrics, "payment-api", "not-a-number", ("200", "-", 5));
        Both(metrics, "payment-api", "endless", ("200", "-", 5));
        foreach (var reporter in s_reporters)
        {
            metrics.Histogram("istio_request_duration_milliseconds", Labels(reporter, "payment-api", "not-a-number", "200", "-"), HandMesh.Bounds, [0, 0, double.NaN, 0, 0, 0, 0, 0], double.NaN);
            metrics.Histogram("istio_request_duration_milliseconds", Labels(reporter, "payment-api", "endless", "200", "-"), HandMesh.Bounds, [0, 0, 0, 0, 0, 0, 0, 5], double.PositiveInfinity);
        }

        metrics.Counter("istio_requests_total", Labels("source", "payment-api", "", "200", "-"), 0.4);
        metrics.Counter("istio_requests_total", Labels("destination", "", "payment-api", "200", "-"), 0.3);
        metrics.Counter("istio_requests_total", Labels("source", "payment-api", "unknown", "200", "-", ScriptHost), 0.75);

        metrics.Gauge("istio_agent_cert_expiry_seconds", $"namespace=\"{Escape(RightToLeft)}\",pod=\"{Escape(Markup)}\",resource_name=\"default\"", 3600);
        metrics.Gauge("istio_agent_cert_expiry_seconds", "namespace=\"payments\",pod=\"payment-api-6d4c5b7f8-00002\",resource_name=\"default\"", double.NaN);
        metrics.Gauge("pilot_info", $"namespace=\"istio-system\",pod=\"{Escape(Breakout)}\",version=\"{Escape(Markup)}\"", 1);
    }

    private static readonly string[] s_reporters = ["source", "destination"];

    private static void Both(LinearMetrics metrics, string source, string target, params (string Code, string Flags, double PerSecond)[] outcomes)
    {
        foreach (var reporter in s_reporters)
        {
            foreach (var (code, flags, perSecond) in outcomes)
            {
                metrics.Counter("istio_requests_total", Labels(reporter, source, target, code, flags), perSecond);
            }
        }
    }

    private static string Labels(string reporter, string source, string target, string code, string flags, string? host = null)
    {
        string End(string prefix, string name) => string.Create(
            CultureInfo.InvariantCulture,
            $"{prefix}_workload=\"{Escape(name)}\",{prefix}_workload_namespace=\"{Namespace(name)}\",{prefix}_app=\"{Escape(name)}\",{prefix}_version=\"{Escape(name)}\",{prefix}_cluster=\"{(name.Length == 0 ? "" : HandMeshRigCluster)}\",{prefix}_principal=\"spiffe://cluster.local/{Escape(name)}\"");
        host ??= target.Length == 0 ? "" : target;
        return $"reporter=\"{reporter}\",{End("source", source)},{End("destination", target)},"
            + $"destination_service=\"{Escape(host)}\",destination_service_name=\"{Escape(host)}\",destination_service_namespace=\"{Namespace(target)}\","
            + $"request_protocol=\"http\",connection_security_policy=\"mutual_tls\",response_code=\"{Escape(code)}\",grpc_response_status=\"\",response_flags=\"{Escape(flags)}\"";
    }

    private const string HandMeshRigCluster = "real";

    private static string Namespace(string name) => name.Length == 0 ? "" : name == "unknown" ? "unknown" : "payments";

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
