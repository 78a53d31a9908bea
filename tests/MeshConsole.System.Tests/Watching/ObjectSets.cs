using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Watching;

/// <summary>
/// Which objects there are, one line each (kind, namespace, name, uid, version): as the console holds them, and as a fresh
/// list of another client says. Equal lines mean equal objects: the server changes the version with every write.
/// </summary>
internal static class ObjectSets
{
    private static readonly (string Kind, string Path, Func<ClusterObjects, IEnumerable<IKubernetesObject>?> Held)[] s_kinds =
    [
        ("Namespace", "api/v1/namespaces", objects => Known(objects.Namespaces)),
        ("Pod", "api/v1/pods", objects => Known(objects.Pods)),
        ("Service", "api/v1/services", objects => Known(objects.Services)),
        ("EndpointSlice", "apis/discovery.k8s.io/v1beta1/endpointslices", objects => Known(objects.EndpointSlices)),
        ("Deployment", "apis/apps/v1/deployments", objects => Known(objects.Deployments)),
        ("ReplicaSet", "apis/apps/v1/replicasets", objects => Known(objects.ReplicaSets)),
        ("Node", "api/v1/nodes", objects => Known(objects.Nodes)),
        ("ConfigMap", "api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert", objects => Known(objects.RootConfigMaps)),
        ("LinkerdTrustRoots", "api/v1/configmaps?fieldSelector=metadata.name%3Dlinkerd-identity-trust-roots", objects => Known(objects.LinkerdTrustRoots)),
        ("MutatingWebhook", "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", objects => Known(objects.MutatingWebhooks)),
        ("ValidatingWebhook", "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", objects => Known(objects.ValidatingWebhooks)),
        ("CronJob", "apis/batch/v1beta1/cronjobs", objects => Known(objects.CronJobs)),
        ("MeshConfiguration", "api/v1/configmaps?labelSelector=istio.io%2Frev", objects => Known(objects.MeshConfigurations)),
        ("Secret", "api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls", objects => Known(objects.Secrets)),
        ("VirtualService", "apis/networking.istio.io/v1beta1/virtualservices", objects => Known(objects.VirtualServices)),
        ("DestinationRule", "apis/networking.istio.io/v1beta1/destinationrules", objects => Known(objects.DestinationRules)),
        ("Gateway", "apis/networking.istio.io/v1beta1/gateways", objects => Known(objects.Gateways)),
        ("ServiceEntry", "apis/networking.istio.io/v1beta1/serviceentries", objects => Known(objects.ServiceEntries)),
        ("Sidecar", "apis/networking.istio.io/v1beta1/sidecars", objects => Known(objects.Sidecars)),
        ("PeerAuthentication", "apis/security.istio.io/v1beta1/peerauthentications", objects => Known(objects.PeerAuthentications)),
        ("AuthorizationPolicy", "apis/security.istio.io/v1beta1/authorizationpolicies", objects => Known(objects.AuthorizationPolicies)),
        ("RequestAuthentication", "apis/security.istio.io/v1beta1/requestauthentications", objects => Known(objects.RequestAuthentications)),
        ("Telemetry", "apis/telemetry.istio.io/v1alpha1/telemetries", objects => Known(objects.Telemetries)),
        ("KubernetesGateway", "apis/gateway.networking.k8s.io/v1beta1/gateways", objects => Known(objects.KubernetesGateways)),
        ("HTTPRoute", "apis/gateway.networking.k8s.io/v1beta1/httproutes", objects => Known(objects.HttpRoutes)),
        ("GRPCRoute", "apis/gateway.networking.k8s.io/v1/grpcroutes", objects => Known(objects.GrpcRoutes)),
        ("ReferenceGrant", "apis/gateway.networking.k8s.io/v1beta1/referencegrants", objects => Known(objects.ReferenceGrants)),
        ("TrafficSplit", "apis/split.smi-spec.io/v1alpha1/trafficsplits", objects => Known(objects.TrafficSplits)),
        ("Certificate", "apis/cert-manager.io/v1/certificates", objects => Known(objects.Certificates)),
    ];

    /// <summary>As the console holds them; a kind that it does not know says so.</summary>
    internal static string Held(ClusterObjects objects) => Lines(s_kinds.SelectMany(kind =>
        kind.Held(objects) is { } items
            ? items.Select(item => Line(kind.Kind, item.Meta.Namespace, item.Meta.Name, item.Meta.Uid, item.Meta.ResourceVersion))
            : [$"{kind.Kind} not known"]));

    /// <summary>As the server lists them now.</summary>
    internal static async Task<string> ListedAsync(ApiClient client, CancellationToken cancellationToken = default)
    {
        var lines = new List<string>();
        foreach (var (kind, path, _) in s_kinds)
        {
            var (items, _) = await client.ListAsync(path, cancellationToken);
            lines.AddRange(items.Select(item => item["metadata"]!).Select(meta => Line(kind, Text(meta["namespace"]), Text(meta["name"]), Text(meta["uid"]), Text(meta["resourceVersion"]))));
        }

        return Lines(lines);
    }

    private static IEnumerable<IKubernetesObject>? Known<T>(ImmutableArray<T> items)
        where T : class, IKubernetesObject => items.IsDefault ? null : items;

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    private static string Line(string kind, string @namespace, string name, string uid, string version) => $"{kind} {@namespace}/{name} {uid} {version}";

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
}
