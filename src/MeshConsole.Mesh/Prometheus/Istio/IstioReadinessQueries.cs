namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// What readiness for STRICT asks of history, for the whole mesh at once: five instant queries per look-back, however many
/// scopes are judged by it. <c>$window</c> stands for the look-back and <c>$slot</c> for the stretch in which a scraped proxy
/// has at least one sample.
/// </summary>
/// <remarks>
/// <c>increase</c> starts to count at the first sample of a series, so that the first plaintext request ever, and the only one
/// of a short job, would not be in it. A series that was not there when the look-back began therefore counts with its last
/// value. Series of connections over mutual TLS are left out where only the others matter: they are nearly all of them.
/// </remarks>
public static class IstioReadinessQueries
{
    /// <summary>Requests that arrived without mutual TLS, as callees and waypoints tell, by caller and callee.</summary>
    public const string Requests =
        "sum by (" + Ends + ") ("
        + "(last_over_time(istio_requests_total{reporter=~\"destination|waypoint\"," + NotMutual + "}[$window])"
        + " unless istio_requests_total{reporter=~\"destination|waypoint\"," + NotMutual + "} offset $window)"
        + " or increase(istio_requests_total{reporter=~\"destination|waypoint\"," + NotMutual + "}[$window]))";

    /// <summary>TCP connections opened without mutual TLS. For <c>app</c> see <see cref="IstioQueries.TcpOpened"/>.</summary>
    public const string Connections =
        "sum by (" + Ends + ", app) (label_replace("
        + "(last_over_time(istio_tcp_connections_opened_total{reporter=\"destination\"," + NotMutual + "}[$window])"
        + " unless istio_tcp_connections_opened_total{reporter=\"destination\"," + NotMutual + "} offset $window)"
        + " or increase(istio_tcp_connections_opened_total{reporter=\"destination\"," + NotMutual + "}[$window]), \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";

    /// <summary>Bytes over TCP connections without mutual TLS: they speak for connections that were opened before the look-back.</summary>
    public const string Bytes =
        "sum by (" + Ends + ", app) (label_replace("
        + "increase(istio_tcp_received_bytes_total{reporter=\"destination\"," + NotMutual + "}[$window])"
        + " + increase(istio_tcp_sent_bytes_total{reporter=\"destination\"," + NotMutual + "}[$window]), \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";

    /// <summary>Whether anything arrived at a workload at all, however protected, and from which clusters.</summary>
    public const string Arrivals =
        "label_replace(sum by (" + Callee + ") (increase(istio_requests_total{reporter=~\"destination|waypoint\"}[$window])), \"measure\", \"requests\", \"\", \"\")"
        + " or label_replace(sum by (" + Callee + ") (increase(istio_tcp_connections_opened_total{reporter=\"destination\"}[$window])), \"measure\", \"connections\", \"\", \"\")"
        + " or label_replace(sum by (" + Callee + ") (increase(istio_tcp_received_bytes_total{reporter=\"destination\"}[$window])), \"measure\", \"bytes\", \"\", \"\")";

    /// <summary>When each proxy was scraped: the slots with a sample, the first sample and the last (Unix seconds).</summary>
    public const string Scrapes =
        "label_replace(max by (namespace, pod) (count_over_time(count_over_time(" + Build + "[$slot])[$window:$slot])), \"measure\", \"slots\", \"\", \"\")"
        + " or label_replace(min by (namespace, pod) (min_over_time(timestamp(" + Build + ")[$window:$slot])), \"measure\", \"first\", \"\", \"\")"
        + " or label_replace(max by (namespace, pod) (max_over_time(timestamp(" + Build + ")[$window:$slot])), \"measure\", \"last\", \"\", \"\")";

    private const string NotMutual = "connection_security_policy!=\"mutual_tls\"";

    private const string Build = "istio_build{component=~\"proxy|ztunnel\"}";

    private const string Ends =
        "reporter, source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, destination_service, connection_security_policy";

    private const string Callee = "destination_workload, destination_workload_namespace, source_cluster, destination_cluster";
}
