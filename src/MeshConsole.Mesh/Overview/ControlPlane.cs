using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Overview;

/// <summary>
/// Whether istiod does its work: replicas by its Deployment, the rest by its own metrics. Proxies go on with what they have
/// when it is down, but nothing new reaches them and their certificates are not renewed.
/// </summary>
internal static class ControlPlane
{
    /// <summary>Seconds from a change to the proxies that run it, from which istiod is slow.</summary>
    private const double SlowConvergence = 5;

    public static ControlPlaneSummary Of(MeshSnapshot snapshot, MeshQuery query)
    {
        var deployments = new List<Controller>();
        var samples = new List<ControlPlaneSample>();
        var versions = new SortedSet<string>(StringComparer.Ordinal);
        string? unknown = null;
        foreach (var cluster in snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)))
        {
            if (cluster.Objects.Deployments.IsDefault)
            {
                unknown ??= SourceWords.Why(cluster, "Deployments are not known", "kubernetes/deployments");
            }
            else
            {
                deployments.AddRange(cluster.Objects.Deployments.Where(IsIstiod));
            }

            samples.AddRange(cluster.Telemetry?.ControlPlane ?? []);
            versions.UnionWith(cluster.Workloads.SelectMany(w => w.Pods).SelectMany(p => p.Containers)
                .Where(c => c.Name == "discovery")
                .Select(c => ProxyDetection.Version(c.Image))
                .OfType<string>());
        }

        if (samples.Where(s => s.Metric == ControlPlaneMetrics.Info).Select(s => s.Labels.GetValueOrDefault("version")).OfType<string>().ToList() is { Count: > 0 } told)
        {
            versions = new SortedSet<string>(told, StringComparer.Ordinal);
        }

        int? ready = deployments.Count == 0 ? null : deployments.Sum(d => d.ReadyReplicas);
        int? desired = deployments.Count == 0 ? null : deployments.Sum(d => d.DesiredReplicas);
        var connected = Sum(samples, ControlPlaneMetrics.ConnectedProxies);
        var rejects = Sum(samples, ControlPlaneMetrics.Rejects);
        var convergence = Values(samples, ControlPlaneMetrics.ConvergenceP99) is { Count: > 0 } seconds ? seconds.Max() : (double?)null;
        var (state, reasons) = Judge(deployments, ready, desired, convergence, rejects, connected, unknown);
        return new ControlPlaneSummary(state, reasons, versions.Count == 0 ? null : string.Join(", ", versions), ready, desired, connected, convergence, rejects);
    }

    /// <summary>istiod, of any revision.</summary>
    public static bool IsIstiod(Controller deployment) =>
        deployment.Meta.Name == "istiod" || deployment.Meta.Name.StartsWith("istiod-", StringComparison.Ordinal) || deployment.Meta.Labels.GetValueOrDefault("app") == "istiod";

    private static (string State, ImmutableArray<string> Reasons) Judge(List<Controller> deployments, int? ready, int? desired, double? convergence, double? rejects, double? connected, string? unknown)
    {
        var failing = new List<string>();
        var degraded = new List<string>();
        var facts = new List<string>();
        foreach (var deployment in deployments)
        {
            var words = string.Create(CultureInfo.InvariantCulture, $"{deployment.Meta.Name}: {deployment.ReadyReplicas} of {deployment.DesiredReplicas} replicas ready.");
            if (deployment.ReadyReplicas >= deployment.DesiredReplicas)
            {
                facts.Add(words);
            }
            else
            {
                degraded.Add(words);
            }
        }

        // Of several revisions one may be scaled away; none at all ready is what fails the mesh.
        if (ready == 0)
        {
            failing.Add(desired > 0
                ? "No replica of istiod is ready: proxies keep their last configuration, and certificates are not renewed."
                : "istiod is scaled to zero: proxies keep their last configuration, and certificates are not renewed.");
        }

        if (rejects > 0)
        {
            degraded.Add($"Proxies refuse configuration ({Figures.Rate(rejects.Value, "rejects")}).");
        }

        if (convergence > SlowConvergence)
        {
            degraded.Add($"A change takes {Figures.Seconds(convergence.Value)} to reach the proxies (99th percentile).");
        }

        if (connected is not null)
        {
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"{connected:0} proxies are connected."));
        }

        return failing.Count > 0 ? ("failing", [.. failing, .. degraded, .. facts])
            : degraded.Count > 0 ? ("degraded", [.. degraded, .. facts])
            : deployments.Count > 0 ? ("healthy", [.. facts])
            : ("unknown", [unknown ?? "No Deployment of istiod is visible: the control plane runs elsewhere, or there is none.", .. facts]);
    }

    private static List<double> Values(List<ControlPlaneSample> samples, string metric) =>
        [.. samples.Where(s => s.Metric == metric && double.IsFinite(s.Value)).Select(s => s.Value)];

    private static double? Sum(List<ControlPlaneSample> samples, string metric) => Values(samples, metric) is { Count: > 0 } values ? values.Sum() : null;
}
