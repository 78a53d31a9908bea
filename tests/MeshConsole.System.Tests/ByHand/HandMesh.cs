namespace MeshConsole.System.Tests.ByHand;

/// <summary>
/// A small payments mesh whose every counter is written down here, so that the expected figures of a test can be read off and
/// worked out on paper:
/// <code>
/// edge                               says         per second
/// ingress gateway → payment-api      source       19.0 of 200, 0.5 of 404, 0.3 of 503 UF, 0.2 of 0 DC     mutual TLS
///                                    destination  19.0 of 200, 0.5 of 404,                0.2 of 0 DC
/// payment-api → card-processor-v1    both          9.0 of 200
/// payment-api → card-processor-v2    both          0.9 of 200, 0.1 of 503
/// unknown (no proxy) → payment-api   destination   2.0 of 200                                            plaintext
/// payment-api → hostile host         source        0.25 of 200                                           unknown
/// payment-api → ledger-db            both          0.4 TCP connections, 500 B sent, 2,000 B received     mutual TLS
/// </code>
/// </summary>
internal static class HandMesh
{
    internal const string CardProcessorHost = "card-processor.payments.svc.cluster.local";

    /// <summary>What a client can put into a Host header, as a label value holds it.</summary>
    internal const string HostileHost = "a\"b\\c\n}<img src=x onerror=alert(1)>";

    internal static readonly double[] Bounds = [1, 5, 10, 25, 50, 100, 250];

    private const string Mutual = "mutual_tls";
    private static readonly End s_gateway = new("istio-ingressgateway", "istio-ingress", "istio-ingressgateway", "unknown", "spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway");
    private static readonly End s_paymentApi = new("payment-api", "payments", "payment-api", "v1", "spiffe://cluster.local/ns/payments/sa/payment-api");
    private static readonly End s_stable = new("card-processor-v1", "payments", "card-processor", "v1", "spiffe://cluster.local/ns/payments/sa/card-processor");
    private static readonly End s_newProvider = new("card-processor-v2", "payments", "card-processor", "v2", "spiffe://cluster.local/ns/payments/sa/card-processor");
    private static readonly End s_ledger = new("ledger-db", "payments", "ledger-db", "v1", "spiffe://cluster.local/ns/payments/sa/ledger-db");
    private static readonly End s_unknown = new("unknown", "unknown", "unknown", "unknown", "unknown");

    /// <summary>Starts an endpoint that exposes this mesh.</summary>
    internal static async Task<LinearMetrics> StartAsync()
    {
        var metrics = new LinearMetrics();
        Expose(metrics);
        await metrics.StartAsync();
        return metrics;
    }

    internal static void Expose(LinearMetrics metrics)
    {
        const string paymentHost = "payment-api.payments.svc.cluster.local";
        Requests(metrics, "source", s_gateway, s_paymentApi, paymentHost, Mutual, ("200", "-", 19), ("404", "-", 0.5), ("503", "UF", 0.3), ("0", "DC", 0.2));
        Requests(metrics, "destination", s_gateway, s_paymentApi, paymentHost, Mutual, ("200", "-", 19), ("404", "-", 0.5), ("0", "DC", 0.2));
        Requests(metrics, "source", s_paymentApi, s_stable, CardProcessorHost, Mutual, ("200", "-", 9));
        Requests(metrics, "destination", s_paymentApi, s_stable, CardProcessorHost, Mutual, ("200", "-", 9));
        Requests(metrics, "source", s_paymentApi, s_newProvider, CardProcessorHost, Mutual, ("200", "-", 0.9), ("503", "-", 0.1));
        Requests(metrics, "destination", s_paymentApi, s_newProvider, CardProcessorHost, Mutual, ("200", "-", 0.9), ("503", "-", 0.1));
        Requests(metrics, "destination", s_unknown, s_paymentApi, paymentHost, "none", ("200", "-", 2));
        Requests(metrics, "source", s_paymentApi, s_unknown, HostileHost, "unknown", ("200", "-", 0.25));

        // card-processor-v1, 9/s at the callee: half in (10, 25], two fifths in (25, 50], a tenth in (50, 100]; mean 46.5 ms (as
        // stated by _sum, not by the buckets). The caller sees 48 ms: 1.5 ms for the two proxies of the hop.
        Durations(metrics, "destination", s_paymentApi, s_stable, CardProcessorHost, [0, 0, 0, 4.5, 3.6, 0.9, 0, 0], 9 * 46.5);
        Durations(metrics, "source", s_paymentApi, s_stable, CardProcessorHost, [0, 0, 0, 0, 8.1, 0.9, 0, 0], 9 * 48.0);

        foreach (var reporter in new[] { "source", "destination" })
        {
            var labels = Labels(reporter, s_paymentApi, s_ledger, "ledger-db.payments.svc.cluster.local", "tcp", Mutual) + ",response_flags=\"-\"";
            metrics.Counter("istio_tcp_connections_opened_total", labels, 0.4);
            metrics.Counter("istio_tcp_sent_bytes_total", labels, 500);
            metrics.Counter("istio_tcp_received_bytes_total", labels, 2_000);
        }

        metrics.Gauge("istio_agent_cert_expiry_seconds", "namespace=\"payments\",pod=\"payment-api-6d4c5b7f8-00001\",resource_name=\"default\"", 6 * 3600);
        metrics.Gauge("pilot_info", "namespace=\"istio-system\",pod=\"istiod-1\",version=\"1.30.3-0-Clean\"", 1);
    }

    private static void Requests(LinearMetrics metrics, string reporter, End source, End target, string host, string policy, params (string Code, string Flags, double PerSecond)[] outcomes)
    {
        foreach (var (code, flags, perSecond) in outcomes)
        {
            metrics.Counter(
                "istio_requests_total",
                $"{Labels(reporter, source, target, host, "http", policy)},response_code=\"{code}\",grpc_response_status=\"\",response_flags=\"{flags}\"",
                perSecond);
        }
    }

    private static void Durations(LinearMetrics metrics, string reporter, End source, End target, string host, double[] perSecond, double sum) => metrics.Histogram(
        "istio_request_duration_milliseconds",
        $"{Labels(reporter, source, target, host, "http", Mutual)},response_code=\"200\",grpc_response_status=\"\",response_flags=\"-\"",
        Bounds,
        perSecond,
        sum);

    private static string Labels(string reporter, End source, End target, string host, string protocol, string policy)
    {
        var cluster = host.EndsWith(".svc.cluster.local", StringComparison.Ordinal);
        var serviceName = cluster ? host[..host.IndexOf('.', StringComparison.Ordinal)] : host;
        return $"reporter=\"{reporter}\","
            + $"source_workload=\"{source.Workload}\",source_workload_namespace=\"{source.Namespace}\",source_app=\"{source.App}\",source_version=\"{source.Version}\",source_cluster=\"real\",source_principal=\"{(policy == Mutual ? source.Principal : "unknown")}\","
            + $"destination_workload=\"{target.Workload}\",destination_workload_namespace=\"{target.Namespace}\",destination_app=\"{target.App}\",destination_version=\"{target.Version}\",destination_cluster=\"real\",destination_principal=\"{(policy == Mutual ? target.Principal : "unknown")}\","
            + $"destination_service=\"{Escape(host)}\",destination_service_name=\"{Escape(serviceName)}\",destination_service_namespace=\"{(cluster ? "payments" : "unknown")}\","
            + $"request_protocol=\"{protocol}\",connection_security_policy=\"{policy}\"";
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed record End(string Workload, string Namespace, string App, string Version, string Principal);
}
