using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Compares the proxies that run with those that Prometheus has samples of.</summary>
internal static class ScrapeGaps
{
    /// <summary>
    /// A pod needs a while to be found by Prometheus, to be scraped, and to be in an answer. Until then a proxy without
    /// samples is new, not lost.
    /// </summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(2);

    /// <summary>An answer that is older than the newest by more than this says nothing of now.</summary>
    private static readonly TimeSpan s_current = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The workloads some of whose proxies are not scraped. None where that is not known: before the first answer, while
    /// the query fails, and where the answer names no pod at all (a mesh whose scrape drops the series or its labels).
    /// </summary>
    public static FrozenDictionary<WorkloadId, ScrapeGap> Of(ImmutableArray<Workload> workloads, TelemetryFrame? frame)
    {
        if (frame?.ScrapedProxies is not { Pods.Count: > 0 } scraped || frame.At - scraped.At > s_current)
        {
            return FrozenDictionary<WorkloadId, ScrapeGap>.Empty;
        }

        var gaps = new Dictionary<WorkloadId, ScrapeGap>();
        foreach (var workload in workloads)
        {
            int running = 0, missing = 0;
            foreach (var pod in workload.Pods)
            {
                if (pod.Phase != PodPhase.Running || !pod.Ready || pod.Meta.DeletedAt is not null || pod.Meta.CreatedAt > scraped.At - s_settling)
                {
                    continue;
                }

                if (scraped.Pods.Contains((pod.Meta.Namespace, pod.Meta.Name)))
                {
                    running++;
                }
                else if (HasEnvoy(pod))
                {
                    running++;
                    missing++;
                }
            }

            if (missing > 0)
            {
                gaps[workload.Id] = new ScrapeGap(missing, running);
            }
        }

        return gaps.ToFrozenDictionary();
    }

    /// <summary>
    /// The edges of a frame, and those of the snapshot before that only proxies reported which are not scraped now: they
    /// stay, with every number not known, for as long as the gap does. Without this an edge would vanish, as if nothing
    /// called any more.
    /// </summary>
    public static ImmutableArray<Edge> KeepUnknown(ClusterSnapshot? previous, TelemetryFrame frame, IReadOnlyDictionary<WorkloadId, ScrapeGap> gaps)
    {
        // A frame of the past knows nothing of what was seen later.
        if (gaps.Count == 0 || previous?.Telemetry is not { } before || frame.At < before.At)
        {
            return frame.Edges;
        }

        var seen = frame.Edges.Select(Key).ToHashSet();
        var kept = new List<Edge>();
        foreach (var edge in previous.Edges)
        {
            var source = edge.FromSource is not null && gaps.ContainsKey(edge.Source.Workload);
            var destination = edge.FromDestination is not null && gaps.ContainsKey(edge.Target.Workload);
            if ((source || destination) && !seen.Contains(Key(edge)))
            {
                kept.Add(edge with
                {
                    FromSource = source ? s_notKnown : null,
                    FromDestination = destination ? s_notKnown : null,
                    FromWaypoint = null,
                });
            }
        }

        return kept.Count == 0 ? frame.Edges : frame.Edges.AddRange(kept).Sort(IdOrder.Compare);
    }

    private static readonly ReporterTraffic s_notKnown = new();

    private static (WorkloadId, WorkloadId, string, string, string) Key(Edge edge) => (edge.Source.Workload, edge.Target.Workload, edge.ServiceHost, edge.ServiceNamespace, edge.Protocol);

    /// <summary>Sidecars, gateways and waypoints. What ztunnel carries is not told by the pod that sends it.</summary>
    private static bool HasEnvoy(Pod pod) => ProxyDetection.Of(pod) == DataPlane.Sidecar || ProxyDetection.IsWaypoint(pod);
}
