using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Triage;

/// <summary>The one workload behind a backend, where there is one: the Service's workloads that carry the subset's labels.</summary>
internal static class BackendWorkloads
{
    public static Dictionary<RouteBackend, WorkloadId> Of(MeshSnapshot snapshot, RouteView route)
    {
        var found = new Dictionary<RouteBackend, WorkloadId>(ReferenceEqualityComparer.Instance as IEqualityComparer<RouteBackend>);
        if (snapshot.Clusters.FirstOrDefault(c => c.Name == route.Cluster) is not { } cluster)
        {
            return found;
        }

        foreach (var backend in route.Backends)
        {
            if (cluster.Services.FirstOrDefault(s => s.Host == backend.Host) is not { } service)
            {
                continue;
            }

            var labels = backend.Subset is null ? null : Subset(cluster, backend, service);
            var workloads = cluster.Workloads.Where(w => service.Workloads.Contains(w.Id) && (backend.Subset is null || (labels is not null && labels.All(l => w.Labels.GetValueOrDefault(l.Key) == l.Value)))).ToList();
            if (workloads is [var one])
            {
                found[backend] = one.Id;
            }
        }

        return found;
    }

    private static IReadOnlyDictionary<string, string>? Subset(ClusterSnapshot cluster, RouteBackend backend, Service service) =>
        (cluster.Objects.DestinationRules.IsDefault ? [] : cluster.Objects.DestinationRules)
            .Where(r => r.Spec.Text("host") is { } host && ServiceHost.Expand(host, r.Meta.Namespace, ServiceHost.DomainOf(service)) == backend.Host)
            .SelectMany(r => r.Spec.Items("subsets"))
            .FirstOrDefault(s => s.Text("name") == backend.Subset) is { ValueKind: System.Text.Json.JsonValueKind.Object } subset
                ? subset.Get("labels").Labels()
                : null;
}
