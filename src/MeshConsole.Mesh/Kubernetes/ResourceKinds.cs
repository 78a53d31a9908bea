using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// The kinds the console watches. Groups, versions and their order of preference: the CRDs of Istio 1.2x, of the Gateway
/// API's standard channel, of SMI and of cert-manager.
/// </summary>
public static class ResourceKinds
{
    private const string InstallIstio = "Install Istio's CRDs (the Helm chart istio/base, or istioctl install)";
    private const string InstallGatewayApi = "Install the Gateway API's CRDs (the standard channel of gateway-api)";

    public static ResourceKind Namespaces { get; } = Core("namespaces", "Namespace", "", "labels of namespaces (injection, ambient) are not known", namespaced: false);

    public static ResourceKind Pods { get; } = Core("pods", "Pod", "", "workloads and their proxies are not shown");

    public static ResourceKind Services { get; } = Core("services", "Service", "", "services are not shown");

    public static ResourceKind Nodes { get; } = Core("nodes", "Node", "", "readiness of nodes is not shown", namespaced: false);

    public static ResourceKind EndpointSlices { get; } = Core("endpointslices", "EndpointSlice", "discovery.k8s.io", "ready endpoints of services are not known") with { Versions = ["v1", "v1beta1"] };

    public static ResourceKind Deployments { get; } = Core("deployments", "Deployment", "apps", "replicas of workloads are not known");

    public static ResourceKind ReplicaSets { get; } = Core("replicasets", "ReplicaSet", "apps", "the Deployment behind a pod is guessed from its labels");

    /// <summary>The roots that istiod hands to each namespace.</summary>
    public static ResourceKind RootConfigMaps { get; } = Core("configmaps", "ConfigMap", "", "mesh roots as the namespaces have them are not shown") with
    {
        Selection = new ListOptions(FieldSelector: "metadata.name=istio-ca-root-cert"),
    };

    /// <summary>The anchors that Linkerd's proxies trust, in the namespace of its control plane.</summary>
    public static ResourceKind LinkerdTrustRoots { get; } = Core("configmaps", "ConfigMap", "", "Linkerd's trust anchors are not shown") with
    {
        SourceName = "kubernetes/linkerd-trust-roots",
        Selection = new ListOptions(FieldSelector: "metadata.name=linkerd-identity-trust-roots"),
    };

    /// <summary>
    /// What each revision of istiod tells its proxies. Istio's installation labels the ConfigMap with its revision; other
    /// ConfigMaps of a revision come with it and are not kept.
    /// </summary>
    public static ResourceKind MeshConfigurations { get; } = Core("configmaps", "ConfigMap", "", "whether proxies use mutual TLS by themselves is not known, and readiness for STRICT is unproven") with
    {
        SourceName = "kubernetes/mesh-configuration",
        Selection = new ListOptions(LabelSelector: MeshConfiguration.RevisionLabel),
    };

    public static ResourceKind ValidatingWebhooks { get; } = Core("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "admissionregistration.k8s.io", "authorities of validating webhooks are not shown", namespaced: false);

    public static ResourceKind MutatingWebhooks { get; } = Core("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "admissionregistration.k8s.io", "authorities of mutating webhooks (sidecar injection) are not shown", namespaced: false);

    /// <summary>Served as v1 since Kubernetes 1.21.</summary>
    public static ResourceKind CronJobs { get; } = Core("cronjobs", "CronJob", "batch", "jobs that call into the mesh now and then are not known, and readiness for STRICT is unproven") with { Versions = ["v1", "v1beta1"] };

    public static ResourceKind ApiServices { get; } = Core("apiservices", "APIService", "apiregistration.k8s.io", "which Services the API server calls for their APIs is not known, and readiness for STRICT is unproven", namespaced: false);

    /// <summary>Secrets, without those that never hold a certificate and are large or many.</summary>
    public static ResourceKind Secrets { get; } = Core("secrets", "Secret", "", "certificates of gateways and issuers are not shown") with
    {
        Selection = new ListOptions(FieldSelector: "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token,type!=kubernetes.io/dockerconfigjson"),
    };

    public static ResourceKind VirtualServices { get; } = IstioNetworking("virtualservices", "VirtualService", "routes are not shown");

    public static ResourceKind DestinationRules { get; } = IstioNetworking("destinationrules", "DestinationRule", "subsets, outlier detection and client-side TLS are not shown");

    public static ResourceKind Gateways { get; } = IstioNetworking("gateways", "Gateway", "Istio gateways and their certificates are not shown");

    public static ResourceKind ServiceEntries { get; } = IstioNetworking("serviceentries", "ServiceEntry", "external services are known by their traffic only");

    public static ResourceKind Sidecars { get; } = IstioNetworking("sidecars", "Sidecar", "limits on what a workload may reach are not shown");

    public static ResourceKind PeerAuthentications { get; } = IstioSecurity("peerauthentications", "PeerAuthentication", "the mTLS mode of workloads is not known");

    public static ResourceKind AuthorizationPolicies { get; } = IstioSecurity("authorizationpolicies", "AuthorizationPolicy", "authorization policies are not shown");

    public static ResourceKind RequestAuthentications { get; } = IstioSecurity("requestauthentications", "RequestAuthentication", "request authentication is not shown");

    public static ResourceKind Telemetries { get; } = new("kubernetes/telemetries", "telemetry.istio.io", "telemetries", "Telemetry", Namespaced: true, ["v1", "v1alpha1"], BuiltIn: false, "changes to metrics and their labels are not shown", InstallIstio);

    public static ResourceKind KubernetesGateways { get; } = GatewayApi("kubernetes/gateways.gateway.networking.k8s.io", "gateways", "Gateway", "gateways and waypoints of the Gateway API are not shown", "v1", "v1beta1");

    public static ResourceKind HttpRoutes { get; } = GatewayApi("kubernetes/httproutes", "httproutes", "HTTPRoute", "routes of the Gateway API are not shown", "v1", "v1beta1");

    public static ResourceKind GrpcRoutes { get; } = GatewayApi("kubernetes/grpcroutes", "grpcroutes", "GRPCRoute", "gRPC routes of the Gateway API are not shown", "v1", "v1alpha2");

    public static ResourceKind ReferenceGrants { get; } = GatewayApi("kubernetes/referencegrants", "referencegrants", "ReferenceGrant", "references across namespaces are not checked", "v1", "v1beta1");

    public static ResourceKind ListenerSets { get; } = GatewayApi("kubernetes/listenersets", "listenersets", "ListenerSet", "certificates of listeners that are attached to gateways are not shown", "v1");

    public static ResourceKind BackendTlsPolicies { get; } = GatewayApi("kubernetes/backendtlspolicies", "backendtlspolicies", "BackendTLSPolicy", "authorities that gateways verify backends with are not shown", "v1", "v1alpha3");

    /// <summary>
    /// SMI, archived and frozen. Where several versions are served, v1alpha1 comes before v1alpha2: its weights may be
    /// quantities, so that whatever is stored can be written through it (Linkerd's CRD stores v1alpha1).
    /// </summary>
    public static ResourceKind TrafficSplits { get; } = new("kubernetes/trafficsplits", "split.smi-spec.io", "trafficsplits", "TrafficSplit", Namespaced: true, ["v1alpha4", "v1alpha3", "v1alpha1", "v1alpha2"], BuiltIn: false, "SMI traffic splits are not shown", "Nothing is to be done unless the mesh splits traffic with them (Linkerd's SMI extension)");

    public static ResourceKind Certificates { get; } = new("kubernetes/certificates", "cert-manager.io", "certificates", "Certificate", Namespaced: true, ["v1"], BuiltIn: false, "who renews a certificate, and when, is not known", "Install cert-manager and its CRDs if certificates are issued by it");

    private static ResourceKind Core(string plural, string kind, string group, string loss, bool namespaced = true) =>
        new($"kubernetes/{plural}", group, plural, kind, namespaced, ["v1"], BuiltIn: true, loss);

    private static ResourceKind IstioNetworking(string plural, string kind, string loss) =>
        new($"kubernetes/{plural}", "networking.istio.io", plural, kind, Namespaced: true, ["v1", "v1beta1", "v1alpha3"], BuiltIn: false, loss, InstallIstio);

    private static ResourceKind IstioSecurity(string plural, string kind, string loss) =>
        new($"kubernetes/{plural}", "security.istio.io", plural, kind, Namespaced: true, ["v1", "v1beta1"], BuiltIn: false, loss, InstallIstio);

    private static ResourceKind GatewayApi(string source, string plural, string kind, string loss, params ImmutableArray<string> versions) =>
        new(source, "gateway.networking.k8s.io", plural, kind, Namespaced: true, versions, BuiltIn: false, loss, InstallGatewayApi);
}
