namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>What the gates of a policy ask besides <see cref="IstioGateQueries"/>: who turned connections away. Placeholders as there.</summary>
public static class IstioRefusalQueries
{
    /// <summary>
    /// Connections that matched no filter chain of the inbound listener, by pod. Envoy counts it per listener; Istio's proxies
    /// tell it where <c>proxyStatsMatcher</c> lets it through. Zero is a sample like any other.
    /// </summary>
    public const string Listener = "sum by (namespace, pod) (increase(" + Unmatched + "[$window]))";

    /// <summary>Pods whose proxies have the counter.</summary>
    public const string ListenerPods = "count by (namespace, pod) (" + Unmatched + ")";

    /// <summary>
    /// Connections that ztunnels denied at their end, by workload. ztunnel begins a series with its first count, so that what is
    /// younger than the window counts from nothing and not from its first sample.
    /// </summary>
    public const string Denied =
        "sum by (destination_workload_namespace, destination_workload) ((increase(" + Failures + "[$window]) and " + Failures + " offset $window) or (" + Failures + " unless " + Failures + " offset $window))";

    private const string Unmatched = "envoy_listener_no_filter_chain_match{envoy_listener_address=~\".*_15006\",namespace=~$namespaces}";

    private const string Failures =
        "istio_tcp_connections_failed_total{reporter=\"destination\",response_flags=~\"(.*,)?DENY(,.*)?\",destination_workload_namespace=~$namespaces,destination_workload=~$workloads}";
}
