using MeshConsole.Simulator.Certificates;
using MeshConsole.Simulator.Cluster;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>What the agent beside a proxy says of itself: its version and the end of its certificate; and that the scrape worked.</summary>
internal sealed class AgentSeries(PodModel pod, WorkloadCertificates certificates, Series[] series) : SeriesBlock(series)
{
    public static AgentSeries Begin(SampleStore store, PodModel pod, WorkloadCertificates certificates, bool whole)
    {
        Series Named(string name, params ReadOnlySpan<(string, string)> more)
        {
            var labels = FlowLabels.Target(pod).Set(LabelSet.MetricNameLabel, name);
            foreach (var (key, value) in more) labels.Set(key, value);
            return store.GetOrAdd(labels.Build());
        }

        var expiry = Named("istio_agent_cert_expiry_seconds", ("resource_name", "default"));
        var build = Named("istio_build", ("component", "proxy"), ("tag", pod.ProxyVersion.Length == 0 ? PodFactory.ProxyVersion : pod.ProxyVersion));
        return new AgentSeries(pod, certificates, whole ? [expiry, build, Named("up")] : [expiry, build]);
    }

    public override void Read(Span<double> values, DateTimeOffset now)
    {
        values[0] = Math.Floor((certificates.NotAfter(pod, now) - now).TotalSeconds);
        values[1..].Fill(1);
    }
}

/// <summary>Whether a target without a proxy of its own answers its scrape.</summary>
internal sealed class UpSeries(Series[] series, Func<bool> up) : SeriesBlock(series)
{
    public override void Read(Span<double> values, DateTimeOffset now) => values[0] = up() ? 1 : 0;
}
