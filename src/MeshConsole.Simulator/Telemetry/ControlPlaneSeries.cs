using MeshConsole.Simulator.Cluster;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>What istiod needs to tell of itself.</summary>
internal sealed class ControlPlaneState
{
    public int ConnectedProxies { get; set; }

    public int Services { get; set; }

    public int VirtualServices { get; set; }

    /// <summary>Configuration changes that led to a push.</summary>
    public long ConfigPushes { get; set; }

    /// <summary>Certificates issued so far.</summary>
    public double Issued { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset RootNotAfter { get; set; }

    public DateTimeOffset SignerNotAfter { get; set; }
}

/// <summary>The metrics of istiod (port 15014).</summary>
internal sealed class ControlPlaneSeries : SeriesBlock
{
    private static readonly string[] s_bounds = ["0.1", "0.5", "1", "3", "5", "10", "20", "30", "+Inf"];

    /// <summary>One push in so many takes longer than the bound; each a multiple of the one before, so that no bucket ever shrinks. Zero: none does.</summary>
    private static readonly int[] s_slowerOneIn = [14, 112, 1_120, 0, 0, 0, 0, 0, 0];
    private static readonly string[] s_types = ["cds", "eds", "lds", "rds"];

    /// <summary>Endpoint updates that come without anybody changing configuration, per second.</summary>
    private const double EndpointPushesPerSecond = 0.05;

    private readonly ControlPlaneState _state;

    private ControlPlaneSeries(ControlPlaneState state, Series[] series)
        : base(series) => _state = state;

    public static ControlPlaneSeries Begin(SampleStore store, PodModel pod, ControlPlaneState state)
    {
        var series = new List<Series>();
        foreach (var gauge in Gauges()) Add(gauge.Name, gauge.Label, gauge.Value);
        foreach (var type in s_types) Add("pilot_xds_pushes", "type", type);
        foreach (var bound in s_bounds) Add("pilot_proxy_convergence_time_bucket", "le", bound);
        Add("pilot_proxy_convergence_time_sum", "", "");
        Add("pilot_proxy_convergence_time_count", "", "");
        return new ControlPlaneSeries(state, [.. series]);

        void Add(string name, string label, string value)
        {
            var labels = FlowLabels.Target(pod, 15014).Set(LabelSet.MetricNameLabel, name);
            if (name == "istio_build") labels.Set("tag", PodFactory.ProxyVersion);
            if (label.Length > 0) labels.Set(label, value);
            series.Add(store.GetOrAdd(labels.Build()));
        }
    }

    public override void Read(Span<double> values, DateTimeOffset now)
    {
        var uptime = (now - _state.StartedAt).TotalSeconds;
        var pushes = _state.ConfigPushes + Math.Floor(uptime * EndpointPushesPerSecond);
        var i = 0;
        foreach (var gauge in Gauges()) values[i++] = gauge.Read(_state, now);
        // Each push reaches every proxy; endpoint updates carry endpoints only.
        values[i++] = _state.ConfigPushes * _state.ConnectedProxies;
        values[i++] = pushes * _state.ConnectedProxies;
        values[i++] = _state.ConfigPushes * _state.ConnectedProxies;
        values[i++] = _state.ConfigPushes * _state.ConnectedProxies;
        var converged = pushes * _state.ConnectedProxies;
        foreach (var slower in s_slowerOneIn) values[i++] = slower == 0 ? converged : converged - Math.Floor(converged / slower);
        values[i++] = Math.Round(converged * 0.043, 3);
        values[i] = converged;
    }

    private static IEnumerable<(string Name, string Label, string Value, Func<ControlPlaneState, DateTimeOffset, double> Read)> Gauges() =>
    [
        ("up", "", "", static (_, _) => 1),
        ("istio_build", "component", "pilot", static (_, _) => 1),
        ("pilot_info", "version", PodFactory.ProxyVersion + "-Clean", static (_, _) => 1),
        ("pilot_xds", "version", PodFactory.ProxyVersion, static (state, _) => state.ConnectedProxies),
        ("pilot_services", "", "", static (state, _) => state.Services),
        ("pilot_virt_services", "", "", static (state, _) => state.VirtualServices),
        ("pilot_total_xds_rejects", "", "", static (_, _) => 0),
        ("pilot_total_xds_internal_errors", "", "", static (_, _) => 0),
        ("pilot_xds_write_timeout", "", "", static (_, _) => 0),
        ("pilot_push_triggers", "type", "config", static (state, _) => state.ConfigPushes),
        ("pilot_push_triggers", "type", "endpoint", static (state, now) => Math.Floor((now - state.StartedAt).TotalSeconds * EndpointPushesPerSecond)),
        ("istiod_uptime_seconds", "", "", static (state, now) => Math.Floor((now - state.StartedAt).TotalSeconds)),
        ("citadel_server_root_cert_expiry_timestamp", "", "", static (state, _) => state.RootNotAfter.ToUnixTimeSeconds()),
        ("citadel_server_root_cert_expiry_seconds", "", "", static (state, now) => Math.Floor((state.RootNotAfter - now).TotalSeconds)),
        ("citadel_server_cert_chain_expiry_timestamp", "", "", static (state, _) => state.SignerNotAfter.ToUnixTimeSeconds()),
        ("citadel_server_cert_chain_expiry_seconds", "", "", static (state, now) => Math.Floor((state.SignerNotAfter - now).TotalSeconds)),
        ("citadel_server_csr_count", "", "", static (state, _) => Math.Floor(state.Issued)),
        ("citadel_server_success_cert_issuance_count", "", "", static (state, _) => Math.Floor(state.Issued)),
        ("citadel_server_csr_sign_err_count", "", "", static (_, _) => 0),
        ("citadel_server_authentication_failure_count", "", "", static (_, _) => 0),
    ];
}
