using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Builds the snapshot of one cluster out of what its sources hold. Pure: the same input gives the same snapshot.</summary>
public static class SnapshotBuilder
{
    /// <param name="cluster">Configured name of the cluster.</param>
    /// <param name="objects">Watched objects.</param>
    /// <param name="sources">States of all sources of the cluster, in any order.</param>
    /// <param name="telemetry">The newest frame; null until Prometheus has answered once.</param>
    /// <param name="previous">The snapshot before, whose parts are kept where what they are made of did not change.</param>
    /// <param name="rootNamespace">See <see cref="ClusterSnapshot.RootNamespace"/>.</param>
    public static ClusterSnapshot Build(string cluster, ClusterObjects objects, ImmutableArray<SourceStatus> sources, TelemetryFrame? telemetry, ClusterSnapshot? previous = null, string rootNamespace = ClusterSnapshot.DefaultRootNamespace)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(objects);
        var before = previous?.Objects;
        var workloadsKept = previous is not null && before is not null
            && before.Pods == objects.Pods && before.Deployments == objects.Deployments && before.ReplicaSets == objects.ReplicaSets;
        var workloads = workloadsKept ? previous!.Workloads : WorkloadResolver.Resolve(cluster, objects);
        var servicesKept = workloadsKept && before!.Services == objects.Services && before.EndpointSlices == objects.EndpointSlices;
        var services = servicesKept ? previous!.Services : ServiceResolver.Resolve(cluster, objects, workloads);
        var proxiesKept = workloadsKept && ReferenceEquals(previous!.Telemetry, telemetry);
        var gaps = proxiesKept ? previous!.ScrapeGaps : ScrapeGaps.Of(workloads, telemetry);
        return new ClusterSnapshot
        {
            Name = cluster,
            RootNamespace = rootNamespace,
            Meshes = workloadsKept ? previous!.Meshes : Meshes(objects, workloads),
            Sources = sources.Sort(static (x, y) => string.CompareOrdinal(x.Name, y.Name)),
            Objects = objects,
            Workloads = workloads,
            Services = services,
            Edges = telemetry is null ? [] : proxiesKept ? previous!.Edges : ScrapeGaps.KeepUnknown(previous, telemetry, gaps),
            Telemetry = telemetry,
            ScrapeGaps = gaps,
        };
    }

    /// <summary>Mesh kinds whose proxies or control plane run here.</summary>
    private static ImmutableArray<string> Meshes(ClusterObjects objects, ImmutableArray<Workload> workloads)
    {
        bool sidecars = false, ambient = false, linkerd = false;
        foreach (var workload in workloads)
        {
            sidecars |= workload.DataPlane == DataPlane.Sidecar;
            ambient |= workload.DataPlane == DataPlane.Ambient;
            linkerd |= workload.DataPlane == DataPlane.Linkerd;
        }

        foreach (var pod in objects.Pods.IsDefault ? [] : objects.Pods)
        {
            ambient |= ProxyDetection.IsZtunnel(pod);
            sidecars |= IsIstiod(pod);
        }

        var meshes = ImmutableArray.CreateBuilder<string>();
        if (sidecars)
        {
            meshes.Add("istio");
        }

        if (ambient)
        {
            meshes.Add("istio-ambient");
        }

        if (linkerd)
        {
            meshes.Add("linkerd");
        }

        return meshes.ToImmutable();
    }

    private static bool IsIstiod(Pod pod) => pod.Meta.Labels.TryGetValue("app", out var app) && string.Equals(app, "istiod", StringComparison.Ordinal);
}
