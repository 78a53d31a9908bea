using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Panels;

/// <summary>
/// Which objects of the mesh hold for a workload, as far as their text tells: routes and DestinationRules by the hosts that
/// they name, policies by their selectors. The same rules as those of the timeline, so that a change of an object and the
/// object itself concern the same workloads.
/// </summary>
internal sealed class AppliedObjects
{
    private static readonly ConditionalWeakTable<ClusterSnapshot, AppliedObjects> s_known = [];

    private readonly Dictionary<string, List<AppliedObject>> _byTouch = new(StringComparer.Ordinal);

    private AppliedObjects(ClusterSnapshot cluster)
    {
        var objects = cluster.Objects;
        foreach (var list in new[]
        {
            objects.VirtualServices, objects.DestinationRules, objects.Gateways, objects.Sidecars, objects.PeerAuthentications,
            objects.AuthorizationPolicies, objects.RequestAuthentications, objects.Telemetries, objects.HttpRoutes, objects.GrpcRoutes,
            objects.TrafficSplits, objects.BackendTlsPolicies,
        })
        {
            foreach (var item in list.IsDefault ? [] : list)
            {
                foreach (var touched in ObjectTouches.Of(cluster, item, null))
                {
                    if (!_byTouch.TryGetValue(touched, out var found))
                    {
                        _byTouch[touched] = found = [];
                    }

                    found.Add(new AppliedObject(cluster.Name, item.Kind, item.Meta.Namespace, item.Meta.Name, What(item), touched.EndsWith('*')));
                }
            }
        }
    }

    /// <summary>By kind, namespace and name, each once.</summary>
    public static ImmutableArray<AppliedObject> Of(MeshSnapshot snapshot, IEnumerable<WorkloadId> workloads)
    {
        var wanted = workloads.ToLookup(id => id.Cluster, StringComparer.Ordinal);
        return
        [
            .. snapshot.Clusters
                .Where(cluster => wanted.Contains(cluster.Name))
                .SelectMany(cluster => s_known.GetValue(cluster, static key => new AppliedObjects(key)).Of(wanted[cluster.Name]))
                .OrderBy(item => item.Kind, StringComparer.Ordinal)
                .ThenBy(item => item.Cluster, StringComparer.Ordinal)
                .ThenBy(item => item.Namespace, StringComparer.Ordinal)
                .ThenBy(item => item.Name, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<AppliedObject> Of(IEnumerable<WorkloadId> workloads) => workloads
        .SelectMany(id => new[] { $"{id.Namespace}/{id.Name}", $"{id.Namespace}/*", "*" })
        .Distinct(StringComparer.Ordinal)
        .SelectMany(touched => _byTouch.GetValueOrDefault(touched) ?? [])
        .DistinctBy(item => (item.Kind, item.Namespace, item.Name));

    private static string What(MeshObject item) => item.Kind switch
    {
        "VirtualService" => Words(Counted(Rules(item).Count, "rule", "rules"), [
            .. Rules(item).Any(rule => rule.Items("route").Count() > 1) ? new[] { "split by weight" } : [],
            .. Rules(item).Any(rule => rule.Get("fault").IsObject()) ? new[] { "fault injected" } : [],
            .. Rules(item).Any(rule => rule.Get("mirror").IsObject() || rule.Items("mirrors").Any()) ? new[] { "mirrored" } : [],
            .. Rules(item).Select(rule => rule.Text("timeout")).OfType<string>().Distinct(StringComparer.Ordinal).Take(2).Select(timeout => $"timeout {timeout}"),
            .. Rules(item).Select(rule => rule.Get("retries").Whole("attempts")).OfType<int>().Distinct().Take(2).Select(attempts => attempts == 0 ? "no retries" : $"up to {attempts} retries")]),
        "DestinationRule" => Words(Counted(item.Spec.Items("subsets").Count(), "subset", "subsets"), [
            .. Policies(item).Any(policy => policy.Get("outlierDetection").IsObject()) ? new[] { "outlier detection" } : [],
            .. Policies(item).Any(policy => policy.Get("connectionPool").IsObject()) ? new[] { "connection pool limits" } : [],
            .. Policies(item).Select(policy => policy.Get("tls").Text("mode")).OfType<string>().Distinct(StringComparer.Ordinal).Take(2).Select(mode => $"TLS {mode}")]),
        "PeerAuthentication" => $"mode {item.Spec.Get("mtls").Text("mode") ?? "inherited"}{(item.Spec.Get("portLevelMtls").IsObject() ? ", others for some ports" : "")}",
        "AuthorizationPolicy" => $"{item.Spec.Text("action") ?? "ALLOW"}, {Counted(item.Spec.Items("rules").Count(), "rule", "rules")}",
        "RequestAuthentication" => Counted(item.Spec.Items("jwtRules").Count(), "issuer of tokens", "issuers of tokens"),
        "Gateway" => Counted(item.Spec.Items("servers").Count(), "server", "servers"),
        "HTTPRoute" or "GRPCRoute" => Words(Counted(item.Spec.Items("rules").Count(), "rule", "rules"), [
            .. item.Spec.Items("rules").Any(rule => rule.Items("backendRefs").Count() > 1) ? new[] { "split by weight" } : []]),
        "TrafficSplit" => Counted(item.Spec.Items("backends").Count(), "backend", "backends"),
        "Sidecar" => "what its proxy knows of the mesh",
        "Telemetry" => "metrics, logs and traces of its proxy",
        "BackendTLSPolicy" => "TLS towards it",
        _ => "",
    };

    private static List<JsonElement> Rules(MeshObject item) => [.. item.Spec.Items("http"), .. item.Spec.Items("tcp"), .. item.Spec.Items("tls")];

    private static IEnumerable<JsonElement> Policies(MeshObject item) => [item.Spec.Get("trafficPolicy"), .. item.Spec.Items("subsets").Select(subset => subset.Get("trafficPolicy"))];

    private static string Counted(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";

    private static string Words(string first, IEnumerable<string> more) => string.Join(", ", more.Prepend(first));
}
