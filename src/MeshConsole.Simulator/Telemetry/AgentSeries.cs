using MeshConsole.Simulator.Certificates;
using MeshConsole.Simulator.Cluster;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>
/// What the agent beside a proxy says of itself: its version and the end of its certificate; and that the scrape worked. Where
/// the proxies are told to (Istio's <c>proxyStatsMatcher</c>), also how many connections the inbound listener turned away.
/// </summary>
internal sealed class AgentSeries : SeriesBlock
{
    private readonly PodModel _pod;
    private readonly WorkloadCertificates _certificates;
    private readonly WorkloadNode? _listener;
    private readonly double _refusedBefore;

    private AgentSeries(PodModel pod, WorkloadCertificates certificates, WorkloadNode? listener, Series[] series)
        : base(series)
    {
        (_pod, _certificates, _listener) = (pod, certificates, listener);
        _refusedBefore = listener?.RefusedPerPod ?? 0;
    }

    /// <param name="listener">The workload whose inbound listener is measured; null where it is not.</param>
    public static AgentSeries Begin(SampleStore store, PodModel pod, WorkloadCertificates certificates, bool whole, WorkloadNode? listener)
    {
        Series Named(string name, params ReadOnlySpan<(string, string)> more)
        {
            var labels = FlowLabels.Target(pod).Set(LabelSet.MetricNameLabel, name);
            foreach (var (key, value) in more) labels.Set(key, value);
            return store.GetOrAdd(labels.Build());
        }

        var expiry = Named("istio_agent_cert_expiry_seconds", ("resource_name", "default"));
        var build = Named("istio_build", ("component", "proxy"), ("tag", pod.ProxyVersion.Length == 0 ? PodFactory.ProxyVersion : pod.ProxyVersion));
        Series[] own = whole ? [expiry, build, Named("up")] : [expiry, build];
        return new AgentSeries(pod, certificates, listener, listener is null ? own : [.. own, Named("envoy_listener_no_filter_chain_match", ("envoy_listener_address", "0.0.0.0_15006"))]);
    }

    public override void Read(Span<double> values, DateTimeOffset now)
    {
        values[0] = Math.Floor((_certificates.NotAfter(_pod, now) - now).TotalSeconds);
        values[1..].Fill(1);
        if (_listener is not null) values[^1] = Math.Floor(_listener.RefusedPerPod - _refusedBefore);
    }
}

/// <summary>Whether a target without a proxy of its own answers its scrape.</summary>
internal sealed class UpSeries(Series[] series, Func<bool> up) : SeriesBlock(series)
{
    public override void Read(Span<double> values, DateTimeOffset now) => values[0] = up() ? 1 : 0;
}
