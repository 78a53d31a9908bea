namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// What the gates of a change ask, for the backends of one rule: increases of counters over the window that ends when the
/// query is evaluated. <c>$window</c> stands for the window, <c>$namespaces</c>, <c>$workloads</c> and <c>$hosts</c> for string
/// literals that match the backends. The second half of each finds what is named by its host alone: external services, and
/// requests that failed before a host was chosen.
/// </summary>
/// <remarks>
/// <c>increase</c> adds up over resets and extrapolates from the first and last sample in the window to its ends, so that
/// counts are not whole. The first sample of a series that begins within the window is where it starts to count from: what
/// came before that scrape is not in it.
/// </remarks>
public static class IstioGateQueries
{
    /// <summary>Requests of the backends by reporter, caller and how they ended.</summary>
    public const string Requests =
        "sum by (" + Ends + ", response_code, grpc_response_status, response_flags) (increase(istio_requests_total{" + Workloads + "}[$window]))"
        + " or sum by (" + Ends + ", response_code, grpc_response_status, response_flags) (increase(istio_requests_total{" + Hosts + "}[$window]))";

    /// <summary>
    /// Buckets of how long they took. All bounds: the proxies' configuration decides which there are, so the one to use is
    /// known only from the answer.
    /// </summary>
    public const string DurationBuckets =
        "sum by (le, " + Ends + ") (increase(istio_request_duration_milliseconds_bucket{" + Workloads + "}[$window]))"
        + " or sum by (le, " + Ends + ") (increase(istio_request_duration_milliseconds_bucket{" + Hosts + "}[$window]))";

    /// <summary>Connections opened to the backends of a rule that carries no requests, by how they ended.</summary>
    public const string Connections =
        "sum by (" + Ends + ", response_flags) (increase(istio_tcp_connections_opened_total{" + Workloads + "}[$window]))"
        + " or sum by (" + Ends + ", response_flags) (increase(istio_tcp_connections_opened_total{" + Hosts + "}[$window]))";

    private const string Ends =
        "reporter, source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, destination_cluster, destination_service";

    private const string Workloads = "destination_workload_namespace=~$namespaces,destination_workload=~$workloads";

    private const string Hosts = "destination_workload=\"unknown\",destination_service=~$hosts";
}
