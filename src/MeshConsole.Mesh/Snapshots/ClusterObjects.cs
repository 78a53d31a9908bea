using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// The watched objects of one cluster, each list ordered by namespace and name. A list is <c>default</c>
/// (<see cref="ImmutableArray{T}.IsDefault"/>) while its source has never answered: that is "not known", not "none".
/// </summary>
public sealed record ClusterObjects
{
    public ImmutableArray<Namespace> Namespaces { get; init; }
    public ImmutableArray<Pod> Pods { get; init; }
    public ImmutableArray<KubernetesService> Services { get; init; }
    public ImmutableArray<EndpointSlice> EndpointSlices { get; init; }
    public ImmutableArray<Controller> Deployments { get; init; }
    public ImmutableArray<Controller> ReplicaSets { get; init; }
    public ImmutableArray<Node> Nodes { get; init; }

    /// <summary>Only ConfigMaps named <c>istio-ca-root-cert</c>: their certificates.</summary>
    public ImmutableArray<CertificateBundle> RootConfigMaps { get; init; }

    /// <summary>Only ConfigMaps named <c>linkerd-identity-trust-roots</c>: their certificates.</summary>
    public ImmutableArray<CertificateBundle> LinkerdTrustRoots { get; init; }

    /// <summary>
    /// ConfigMaps that gateways and BackendTLSPolicies refer to. One that is not in here does not exist or holds no
    /// certificate.
    /// </summary>
    public ImmutableArray<CertificateBundle> ReferencedConfigMaps { get; init; }

    public ImmutableArray<WebhookConfiguration> ValidatingWebhooks { get; init; }
    public ImmutableArray<WebhookConfiguration> MutatingWebhooks { get; init; }

    public ImmutableArray<CronJob> CronJobs { get; init; }

    /// <summary>Those that a Service answers.</summary>
    public ImmutableArray<ApiService> ApiServices { get; init; }

    /// <summary>The mesh configuration of each revision of istiod; one that is not in here was not found.</summary>
    public ImmutableArray<MeshConfiguration> MeshConfigurations { get; init; }

    /// <summary>Public certificates of Secrets that hold any. Keys never materialise.</summary>
    public ImmutableArray<CertificateBundle> Secrets { get; init; }

    public ImmutableArray<MeshObject> VirtualServices { get; init; }
    public ImmutableArray<MeshObject> DestinationRules { get; init; }
    public ImmutableArray<MeshObject> Gateways { get; init; }
    public ImmutableArray<MeshObject> ServiceEntries { get; init; }
    public ImmutableArray<MeshObject> Sidecars { get; init; }
    public ImmutableArray<MeshObject> PeerAuthentications { get; init; }
    public ImmutableArray<MeshObject> AuthorizationPolicies { get; init; }
    public ImmutableArray<MeshObject> RequestAuthentications { get; init; }
    public ImmutableArray<MeshObject> Telemetries { get; init; }
    public ImmutableArray<MeshObject> KubernetesGateways { get; init; }
    public ImmutableArray<MeshObject> HttpRoutes { get; init; }
    public ImmutableArray<MeshObject> GrpcRoutes { get; init; }
    public ImmutableArray<MeshObject> ReferenceGrants { get; init; }
    public ImmutableArray<MeshObject> ListenerSets { get; init; }
    public ImmutableArray<MeshObject> BackendTlsPolicies { get; init; }
    public ImmutableArray<MeshObject> TrafficSplits { get; init; }
    public ImmutableArray<MeshObject> Certificates { get; init; }
}
