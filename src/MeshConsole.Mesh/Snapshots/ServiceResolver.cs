using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Joins Services with the workloads behind them.</summary>
public static class ServiceResolver
{
    /// <summary>
    /// The Services of a cluster, ordered by id. A Service stands for the workloads that its selector selects; one without
    /// selector for those whose pods its EndpointSlices name.
    /// </summary>
    public static ImmutableArray<Service> Resolve(string cluster, ClusterObjects objects, ImmutableArray<Workload> workloads)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(objects);
        if (objects.Services.IsDefaultOrEmpty)
        {
            return [];
        }

        var byNamespace = workloads.ToLookup(workload => workload.Id.Namespace, StringComparer.Ordinal);
        var endpoints = EndpointWorkloads(objects, workloads);
        var services = ImmutableArray.CreateBuilder<Service>(objects.Services.Length);
        foreach (var service in objects.Services)
        {
            var meta = service.Meta;
            services.Add(new Service
            {
                Id = new ServiceId(cluster, meta.Namespace, meta.Name),
                Host = $"{meta.Name}.{meta.Namespace}.svc.cluster.local",
                Ports = service.Ports,
                Headless = service.Headless,
                Workloads = service.Selector.IsEmpty
                    ? [.. endpoints[(meta.Namespace, meta.Name)].Distinct().Order(Comparer<WorkloadId>.Create(IdOrder.Compare))]
                    : [.. byNamespace[meta.Namespace].Where(workload => Selects(service.Selector, workload.Labels)).Select(workload => workload.Id)],
            });
        }

        services.Sort(static (x, y) => IdOrder.Compare(x.Id, y.Id));
        return services.MoveToImmutable();
    }

    /// <summary>Whether labels hold everything a selector asks for. An empty selector is the caller's to interpret.</summary>
    public static bool Selects(ImmutableSortedDictionary<string, string> selector, ImmutableSortedDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentNullException.ThrowIfNull(labels);
        foreach (var (key, value) in selector)
        {
            if (!labels.TryGetValue(key, out var actual) || !string.Equals(actual, value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static ILookup<(string Namespace, string? Service), WorkloadId> EndpointWorkloads(ClusterObjects objects, ImmutableArray<Workload> workloads)
    {
        var bare = objects.Services.Where(service => service.Selector.IsEmpty).Select(service => (service.Meta.Namespace, service.Meta.Name)).ToHashSet();
        if (bare.Count == 0 || objects.EndpointSlices.IsDefaultOrEmpty)
        {
            return Array.Empty<WorkloadId>().ToLookup(_ => ("", (string?)null));
        }

        var owners = new Dictionary<(string Namespace, string Pod), WorkloadId>();
        foreach (var workload in workloads)
        {
            foreach (var pod in workload.Pods)
            {
                owners[(pod.Meta.Namespace, pod.Meta.Name)] = workload.Id;
            }
        }

        return (from slice in objects.EndpointSlices
                where slice.ServiceName is not null && bare.Contains((slice.Meta.Namespace, slice.ServiceName))
                from endpoint in slice.Endpoints
                where endpoint.PodName is not null && owners.ContainsKey((slice.Meta.Namespace, endpoint.PodName))
                select (Key: (slice.Meta.Namespace, slice.ServiceName), Owner: owners[(slice.Meta.Namespace, endpoint.PodName!)]))
            .ToLookup(pair => pair.Key, pair => pair.Owner);
    }
}
