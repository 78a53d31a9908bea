namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// Every query the console sends for Istio: mesh-wide, once per refresh for all users. <c>$window</c> stands for the rate
/// window and <c>$clusters</c> for the cluster labels of both ends, which are asked for only where telemetry has shown more
/// than one cluster (they are a quarter of the bytes of the dear answers). Meanings: the standard metrics of Istio
/// (reporter, response_flags and connection_security_policy as Envoy and ztunnel write them).
/// </summary>
public static class IstioQueries
{
    /// <summary>
    /// Requests by both ends and by how they ended. Reporters stay apart: they are never added up. The operation is there only
    /// where somebody classifies requests, and costs nothing where nobody does.
    /// </summary>
    public const string Requests =
        "sum by (reporter, source_workload, source_workload_namespace, source_app, source_version, source_cluster, source_principal, "
        + "destination_workload, destination_workload_namespace, destination_app, destination_version, destination_cluster, destination_principal, "
        + "destination_service, destination_service_name, destination_service_namespace, "
        + "request_protocol, request_operation, response_code, grpc_response_status, response_flags, connection_security_policy) "
        + "(rate(istio_requests_total[$window]))";

    /// <summary>Milliseconds of request duration; by response flags, so that requests both ends saw alike (flag <c>-</c>) give the overhead.</summary>
    public const string DurationSums = "sum by (" + HttpEnds + ", response_flags) (rate(istio_request_duration_milliseconds_sum[$window]))";

    public const string DurationCounts = "sum by (" + HttpEnds + ", response_flags) (rate(istio_request_duration_milliseconds_count[$window]))";

    /// <summary>All buckets of the whole mesh: the dear one, asked for once a minute.</summary>
    public const string DurationBuckets = "sum by (le, " + HttpEnds + ") (rate(istio_request_duration_milliseconds_bucket[$window]))";

    public const string RequestBytes = "sum by (" + HttpEnds + ") (rate(istio_request_bytes_sum[$window]))";

    public const string ResponseBytes = "sum by (" + HttpEnds + ") (rate(istio_response_bytes_sum[$window]))";

    /// <summary>
    /// TCP connections opened. ztunnel writes <c>unknown</c> where Envoy writes <c>none</c>, so its series must be known:
    /// by the <c>app</c> label of its pods, or by their name where the scrape keeps no pod labels.
    /// </summary>
    public const string TcpOpened =
        "sum by (reporter, source_workload, source_workload_namespace, source_app, source_version, source_cluster, source_principal, "
        + "destination_workload, destination_workload_namespace, destination_app, destination_version, destination_cluster, destination_principal, "
        + "destination_service, destination_service_name, destination_service_namespace, "
        + "connection_security_policy, response_flags, app) "
        + "(label_replace(rate(istio_tcp_connections_opened_total[$window]), \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";

    /// <summary>Bytes written to the caller: the response direction. By protection, for connections that were opened long ago.</summary>
    public const string TcpSent =
        "sum by (" + TcpEnds + ") (label_replace(rate(istio_tcp_sent_bytes_total[$window]), \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";

    /// <summary>Bytes read from the caller: the request direction.</summary>
    public const string TcpReceived =
        "sum by (" + TcpEnds + ") (label_replace(rate(istio_tcp_received_bytes_total[$window]), \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";

    /// <summary>
    /// When the certificate of each proxy runs out, in Unix seconds. Istio's metric is what is left when it was scraped, so the
    /// time of the sample is added: a sample that is minutes old still gives the right instant. Linkerd's proxies tell the
    /// instant itself, and when they got it; both names are theirs (newer proxies say <c>control_</c> first), and zero means
    /// that none was issued yet. One answer for both, since one cluster may run both.
    /// </summary>
    public const string Certificates =
        "min by (namespace, pod, resource_name) (istio_agent_cert_expiry_seconds + timestamp(istio_agent_cert_expiry_seconds))"
        + " or label_replace(min by (namespace, pod) ({__name__=~\"control_identity_cert_expiration_timestamp_seconds|identity_cert_expiration_timestamp_seconds\"} > 0), \"resource_name\", \"linkerd\", \"\", \"\")"
        + " or label_replace(min by (namespace, pod) ({__name__=~\"control_identity_cert_refresh_timestamp_seconds|identity_cert_refresh_timestamp_seconds\"} > 0), \"resource_name\", \"linkerd-refresh\", \"\", \"\")";

    /// <summary>
    /// The proxies that are scraped, by pod. Prometheus ends a series as soon as a scrape fails or its target goes, so a
    /// proxy that is missing here is one whose counters stand still while its rates still look like traffic that ebbs.
    /// </summary>
    public const string Proxies = "count by (namespace, pod) (istio_build{component=\"proxy\"})";

    /// <summary>
    /// The control plane in one answer. <c>or</c> compares label sets without the metric's name, so each part but the first
    /// carries its name in a label of its own.
    /// </summary>
    public const string ControlPlane =
        "max by (__name__, version, tag) ({__name__=~\"pilot_info|pilot_services|pilot_virt_services|istiod_uptime_seconds|"
        + "citadel_server_root_cert_expiry_timestamp|citadel_server_cert_chain_expiry_timestamp\"})"
        + " or label_replace(sum by (version) (pilot_xds), \"metric\", \"pilot_xds\", \"\", \"\")"
        + " or label_replace(sum by (type) (rate(pilot_xds_pushes[$window])), \"metric\", \"pilot_xds_pushes\", \"\", \"\")"
        + " or label_replace(sum by (type) (rate(pilot_total_xds_rejects[$window])), \"metric\", \"pilot_total_xds_rejects\", \"\", \"\")"
        + " or label_replace(sum(rate(pilot_total_xds_internal_errors[$window])), \"metric\", \"pilot_total_xds_internal_errors\", \"\", \"\")"
        + " or label_replace(sum(rate(citadel_server_success_cert_issuance_count[$window])), \"metric\", \"citadel_server_success_cert_issuance_count\", \"\", \"\")"
        + " or label_replace(sum(rate(citadel_server_csr_sign_err_count[$window])), \"metric\", \"citadel_server_csr_sign_err_count\", \"\", \"\")"
        + " or label_replace(histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[$window]))), \"metric\", \"pilot_proxy_convergence_time_p99\", \"\", \"\")";

    private const string HttpEnds =
        "reporter, source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, destination_service, request_protocol$clusters";

    private const string TcpEnds =
        "reporter, source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, destination_service, destination_service_name, connection_security_policy, app$clusters";
}
