using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Timeline;

/// <summary>Which workloads an object of the mesh can have an effect on, as far as its text tells.</summary>
internal static class ObjectTouches
{
    /// <param name="was">The object before, whose hosts are touched as well; null when there was none.</param>
    public static ImmutableArray<string> Of(ClusterSnapshot cluster, MeshObject item, MeshObject? was)
    {
        var touched = new SortedSet<string>(StringComparer.Ordinal);
        Collect(cluster, item, touched);
        if (was is not null)
        {
            Collect(cluster, was, touched);
        }

        return [.. touched];
    }

    private static void Collect(ClusterSnapshot cluster, MeshObject item, SortedSet<string> touched)
    {
        switch (item.Kind)
        {
            case "PeerAuthentication" or "AuthorizationPolicy" or "RequestAuthentication" or "Telemetry":
                Selected(cluster, item, item.Spec.Get("selector").Get("matchLabels").Labels(), touched);
                break;
            case "Sidecar":
                Selected(cluster, item, item.Spec.Get("workloadSelector").Get("labels").Labels(), touched);
                break;
            case "Gateway" when item.ApiVersion.StartsWith("networking.istio.io/", StringComparison.Ordinal):
                // Its selector is one of gateway pods, in whatever namespace they are.
                var labels = item.Spec.Get("selector").Labels();
                touched.UnionWith(cluster.Workloads.Where(w => labels.Count > 0 && Matches(labels, w)).Select(Key));
                break;
            case "Certificate":
                break;
            default:
                var domain = cluster.Services.IsEmpty ? ServiceHost.DefaultDomain : ServiceHost.DomainOf(cluster.Services[0]);
                var hosts = new HashSet<string>(StringComparer.Ordinal);
                Hosts(item.Spec, item.Meta.Namespace, domain, hosts);
                touched.UnionWith(cluster.Services.Where(s => hosts.Contains(s.Host)).SelectMany(s => s.Workloads).Select(w => $"{w.Namespace}/{w.Name}"));
                break;
        }
    }

    private static void Selected(ClusterSnapshot cluster, MeshObject item, ImmutableSortedDictionary<string, string> labels, SortedSet<string> touched)
    {
        var @namespace = item.Meta.Namespace;
        if (labels.IsEmpty)
        {
            touched.Add(@namespace == cluster.RootNamespace ? "*" : $"{@namespace}/*");
            return;
        }

        touched.UnionWith(cluster.Workloads.Where(w => w.Id.Namespace == @namespace && Matches(labels, w)).Select(Key));
    }

    private static bool Matches(ImmutableSortedDictionary<string, string> labels, Workload workload) =>
        labels.All(label => workload.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    private static string Key(Workload workload) => $"{workload.Id.Namespace}/{workload.Id.Name}";

    /// <summary>Every host, backend or service that is named anywhere in the spec.</summary>
    private static void Hosts(JsonElement element, string @namespace, string domain, HashSet<string> hosts)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                if (element.Text("host") is { } host)
                {
                    hosts.Add(ServiceHost.Expand(host, @namespace, domain));
                }

                if (element.Text("service") is { } service)
                {
                    hosts.Add(ServiceHost.Expand(service, @namespace, domain));
                }

                if (element.Text("name") is { } name && (element.Get("weight").IsPresent() || element.Text("kind") is "Service" or null && element.Get("port").IsPresent()))
                {
                    hosts.Add(ServiceHost.Of(element.Text("namespace") ?? @namespace, name, domain));
                }

                foreach (var written in element.Texts("hosts"))
                {
                    hosts.Add(ServiceHost.Expand(written, @namespace, domain));
                }

                foreach (var member in element.EnumerateObject())
                {
                    Hosts(member.Value, @namespace, domain, hosts);
                }

                break;
            case JsonValueKind.Array:
                foreach (var one in element.EnumerateArray())
                {
                    Hosts(one, @namespace, domain, hosts);
                }

                break;
        }
    }
}
