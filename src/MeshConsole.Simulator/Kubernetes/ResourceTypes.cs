using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// The kinds that the simulated cluster serves: what a console for a mesh reads of Kubernetes, Istio (1.2x), the Gateway API, SMI and
/// cert-manager, with the names and served versions of their published definitions.
/// </summary>
public static class ResourceTypes
{
    public static ResourceType Namespaces { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Namespace",
        Plural = "namespaces",
        Singular = "namespace",
        ShortNames = ["ns"],
        Namespaced = false,
        HasStatus = true,
        SelectableFields = ["status.phase"],
    };

    public static ResourceType Nodes { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Node",
        Plural = "nodes",
        Singular = "node",
        ShortNames = ["no"],
        Namespaced = false,
        HasStatus = true,
        SelectableFields = ["spec.unschedulable"],
    };

    public static ResourceType Pods { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Pod",
        Plural = "pods",
        Singular = "pod",
        ShortNames = ["po"],
        Categories = ["all"],
        HasStatus = true,
        SelectableFields =
        [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
            "status.phase", "status.podIP", "status.nominatedNodeName",
        ],
    };

    public static ResourceType Services { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Service",
        Plural = "services",
        Singular = "service",
        ShortNames = ["svc"],
        Categories = ["all"],
        HasStatus = true,
        SelectableFields = ["spec.clusterIP", "spec.type"],
    };

    public static ResourceType ConfigMaps { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "ConfigMap",
        Plural = "configmaps",
        Singular = "configmap",
        ShortNames = ["cm"],
    };

    public static ResourceType Secrets { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Secret",
        Plural = "secrets",
        Singular = "secret",
        SelectableFields = ["type"],
    };

    public static ResourceType ServiceAccounts { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "ServiceAccount",
        Plural = "serviceaccounts",
        Singular = "serviceaccount",
        ShortNames = ["sa"],
    };

    public static ResourceType Events { get; } = new()
    {
        Group = "",
        Versions = ["v1"],
        Kind = "Event",
        Plural = "events",
        Singular = "event",
        ShortNames = ["ev"],
        CreatesOnUpdate = true,
        SelectableFields =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
    };

    public static ResourceType Deployments { get; } = Apps("Deployment", "deploy");

    public static ResourceType ReplicaSets { get; } = Apps("ReplicaSet", "rs");

    public static ResourceType StatefulSets { get; } = Apps("StatefulSet", "sts");

    public static ResourceType DaemonSets { get; } = Apps("DaemonSet", "ds");

    public static ResourceType CronJobs { get; } = new()
    {
        Group = "batch",
        Versions = ["v1"],
        Kind = "CronJob",
        Plural = "cronjobs",
        Singular = "cronjob",
        ShortNames = ["cj"],
        Categories = ["all"],
        HasStatus = true,
        HasGeneration = true,
    };

    public static ResourceType ApiServices { get; } = new()
    {
        Group = "apiregistration.k8s.io",
        Versions = ["v1"],
        Kind = "APIService",
        Plural = "apiservices",
        Singular = "apiservice",
        Categories = ["api-extensions"],
        Namespaced = false,
        HasStatus = true,
        AllowsUnconditionalUpdate = false,
    };

    public static ResourceType EndpointSlices { get; } = new()
    {
        Group = "discovery.k8s.io",
        Versions = ["v1"],
        Kind = "EndpointSlice",
        Plural = "endpointslices",
        Singular = "endpointslice",
        HasGeneration = true,
    };

    public static ResourceType Leases { get; } = new()
    {
        Group = "coordination.k8s.io",
        Versions = ["v1"],
        Kind = "Lease",
        Plural = "leases",
        Singular = "lease",
        AllowsUnconditionalUpdate = false,
        CreatesOnUpdate = true,
    };

    public static ResourceType MutatingWebhookConfigurations { get; } = Webhooks("MutatingWebhookConfiguration");

    public static ResourceType ValidatingWebhookConfigurations { get; } = Webhooks("ValidatingWebhookConfiguration");

    public static ResourceType VirtualServices { get; } = Istio("networking", "VirtualService", ["v1", "v1beta1", "v1alpha3"], "vs");

    public static ResourceType DestinationRules { get; } = Istio("networking", "DestinationRule", ["v1", "v1beta1", "v1alpha3"], "dr");

    public static ResourceType IstioGateways { get; } = Istio("networking", "Gateway", ["v1", "v1beta1", "v1alpha3"], "gw");

    public static ResourceType ServiceEntries { get; } = Istio("networking", "ServiceEntry", ["v1", "v1beta1", "v1alpha3"], "se", "serviceentries");

    public static ResourceType Sidecars { get; } = Istio("networking", "Sidecar", ["v1", "v1beta1", "v1alpha3"]);

    public static ResourceType WorkloadEntries { get; } = Istio("networking", "WorkloadEntry", ["v1", "v1beta1", "v1alpha3"], "we", "workloadentries");

    public static ResourceType EnvoyFilters { get; } = Istio("networking", "EnvoyFilter", ["v1alpha3"]);

    public static ResourceType PeerAuthentications { get; } = Istio("security", "PeerAuthentication", ["v1", "v1beta1"], "pa");

    public static ResourceType AuthorizationPolicies { get; } = Istio("security", "AuthorizationPolicy", ["v1", "v1beta1"], "ap", "authorizationpolicies");

    public static ResourceType RequestAuthentications { get; } = Istio("security", "RequestAuthentication", ["v1", "v1beta1"], "ra");

    public static ResourceType Telemetries { get; } = Istio("telemetry", "Telemetry", ["v1", "v1alpha1"], "telemetry", "telemetries");

    public static ResourceType GatewayClasses { get; } = GatewayApi("GatewayClass", "gatewayclasses", ["v1", "v1beta1"], "gc", namespaced: false);

    public static ResourceType Gateways { get; } = GatewayApi("Gateway", "gateways", ["v1", "v1beta1"], "gtw");

    public static ResourceType HttpRoutes { get; } = GatewayApi("HTTPRoute", "httproutes", ["v1", "v1beta1"]);

    public static ResourceType GrpcRoutes { get; } = GatewayApi("GRPCRoute", "grpcroutes", ["v1"]);

    public static ResourceType ReferenceGrants { get; } = GatewayApi("ReferenceGrant", "referencegrants", ["v1", "v1beta1"], "refgrant", hasStatus: false);

    public static ResourceType BackendTlsPolicies { get; } = GatewayApi("BackendTLSPolicy", "backendtlspolicies", ["v1"], "btlspolicy");

    public static ResourceType ListenerSets { get; } = GatewayApi("ListenerSet", "listenersets", ["v1"], "lset");

    /// <summary>SMI, in every version that was ever published; between them only the schema of weights differs.</summary>
    public static ResourceType TrafficSplits { get; } = new()
    {
        Group = "split.smi-spec.io",
        Versions = ["v1alpha4", "v1alpha3", "v1alpha2", "v1alpha1"],
        Kind = "TrafficSplit",
        Plural = "trafficsplits",
        Singular = "trafficsplit",
        ShortNames = ["ts"],
        Custom = true,
        HasGeneration = true,
        AllowsUnconditionalUpdate = false,
    };

    public static ResourceType Certificates { get; } = new()
    {
        Group = "cert-manager.io",
        Versions = ["v1"],
        Kind = "Certificate",
        Plural = "certificates",
        Singular = "certificate",
        ShortNames = ["cert", "certs"],
        Categories = ["cert-manager"],
        Custom = true,
        HasStatus = true,
        HasGeneration = true,
        AllowsUnconditionalUpdate = false,
    };

    /// <summary>Every kind, in the order in which discovery lists them.</summary>
    public static ImmutableArray<ResourceType> All { get; } =
    [
        ConfigMaps, Events, Namespaces, Nodes, Pods, Secrets, ServiceAccounts, Services,
        ApiServices,
        DaemonSets, Deployments, ReplicaSets, StatefulSets,
        CronJobs,
        MutatingWebhookConfigurations, ValidatingWebhookConfigurations, Leases, EndpointSlices,
        DestinationRules, EnvoyFilters, IstioGateways, ServiceEntries, Sidecars, VirtualServices, WorkloadEntries,
        AuthorizationPolicies, PeerAuthentications, RequestAuthentications, Telemetries,
        BackendTlsPolicies, GatewayClasses, Gateways, GrpcRoutes, HttpRoutes, ListenerSets, ReferenceGrants,
        TrafficSplits,
        Certificates,
    ];

    /// <summary>The kind that an object says it is, by its <c>apiVersion</c> and <c>kind</c>; null when it is not among <see cref="All"/>.</summary>
    public static ResourceType? Find(string apiVersion, string kind)
    {
        ArgumentNullException.ThrowIfNull(apiVersion);
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : apiVersion[..slash];
        var version = apiVersion[(slash + 1)..];
        foreach (var type in All)
            if (type.Kind == kind && type.Group == group && type.Versions.Contains(version))
                return type;
        return null;
    }

    private static ResourceType Apps(string kind, string shortName) => new()
    {
        Group = "apps",
        Versions = ["v1"],
        Kind = kind,
        Plural = kind.ToLowerInvariant() + "s",
        Singular = kind.ToLowerInvariant(),
        ShortNames = [shortName],
        Categories = ["all"],
        HasStatus = true,
        HasGeneration = true,
        SelectableFields = kind == "ReplicaSet" ? ["status.replicas"] : [],
    };

    private static ResourceType Webhooks(string kind) => new()
    {
        Group = "admissionregistration.k8s.io",
        Versions = ["v1"],
        Kind = kind,
        Plural = kind.ToLowerInvariant() + "s",
        Singular = kind.ToLowerInvariant(),
        Categories = ["api-extensions"],
        Namespaced = false,
        HasGeneration = true,
        AllowsUnconditionalUpdate = false,
    };

    private static ResourceType Istio(string area, string kind, ImmutableArray<string> versions, string? shortName = null, string? plural = null) => new()
    {
        Group = area + ".istio.io",
        Versions = versions,
        Kind = kind,
        Plural = plural ?? kind.ToLowerInvariant() + "s",
        Singular = kind.ToLowerInvariant(),
        ShortNames = shortName is null ? [] : [shortName],
        Categories = ["istio-io", area + "-istio-io"],
        Custom = true,
        HasStatus = true,
        HasGeneration = true,
        AllowsUnconditionalUpdate = false,
    };

    private static ResourceType GatewayApi(
        string kind, string plural, ImmutableArray<string> versions, string? shortName = null, bool namespaced = true, bool hasStatus = true) => new()
        {
            Group = "gateway.networking.k8s.io",
            Versions = versions,
            Kind = kind,
            Plural = plural,
            Singular = kind.ToLowerInvariant(),
            ShortNames = shortName is null ? [] : [shortName],
            Categories = ["gateway-api"],
            Namespaced = namespaced,
            Custom = true,
            HasStatus = hasStatus,
            HasGeneration = true,
            AllowsUnconditionalUpdate = false,
        };
}
