namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Names under which <see cref="Snapshots.TelemetryFrame.ControlPlane"/> carries the control plane. Counters are rates per
/// second over the window; a name without samples means "not known", not zero.
/// </summary>
public static class ControlPlaneMetrics
{
    /// <summary>Proxies connected, by label <c>version</c> (of the proxy), over all replicas of istiod.</summary>
    public const string ConnectedProxies = "pilot_xds";

    /// <summary>Pushes per second by label <c>type</c> (cds, eds, lds, rds …, and <c>…_senderr</c> for those that failed).</summary>
    public const string Pushes = "pilot_xds_pushes";

    /// <summary>Configurations per second that proxies refused, by label <c>type</c> where the version has it.</summary>
    public const string Rejects = "pilot_total_xds_rejects";

    public const string InternalErrors = "pilot_total_xds_internal_errors";

    /// <summary>Seconds from a change of configuration to the proxies that run it: 99th percentile; absent without pushes.</summary>
    public const string ConvergenceP99 = "pilot_proxy_convergence_time_p99";

    /// <summary>1, with label <c>version</c> of istiod.</summary>
    public const string Info = "pilot_info";

    public const string Services = "pilot_services";

    public const string VirtualServices = "pilot_virt_services";

    public const string UptimeSeconds = "istiod_uptime_seconds";

    /// <summary>Unix seconds at which the root certificate runs out; zero where another CA signs.</summary>
    public const string RootExpiry = "citadel_server_root_cert_expiry_timestamp";

    /// <summary>Unix seconds at which the certificate that signs workloads runs out.</summary>
    public const string SigningExpiry = "citadel_server_cert_chain_expiry_timestamp";

    public const string CertificatesIssued = "citadel_server_success_cert_issuance_count";

    public const string SigningErrors = "citadel_server_csr_sign_err_count";
}
