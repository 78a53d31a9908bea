using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// Why an edge carries plaintext, as far as cluster state tells, and what would end it. A callee cannot name a caller
/// without proxy, so for such callers the candidates are listed instead of one being accused.
/// </summary>
internal sealed class PlaintextCauses
{
    private const int CandidatesNamed = 3;

    private readonly ClusterSnapshot _cluster;
    private readonly ClusterPolicies _policies;
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), KubernetesService> _kubernetesServices = [];
    private readonly List<Workload> _withoutProxy = [];
    private readonly List<Workload> _withExclusions = [];

    public PlaintextCauses(ClusterSnapshot cluster, ClusterPolicies policies)
    {
        _cluster = cluster;
        _policies = policies;
        foreach (var found in cluster.Objects.Namespaces.IsDefault ? [] : cluster.Objects.Namespaces)
        {
            _namespaces[found.Meta.Name] = found;
        }

        foreach (var service in cluster.Objects.Services.IsDefault ? [] : cluster.Objects.Services)
        {
            _kubernetesServices[(service.Meta.Namespace, service.Meta.Name)] = service;
        }

        foreach (var workload in cluster.Workloads)
        {
            if (workload.Pods.IsEmpty || workload.IsGateway || workload.IsWaypoint || IsSystem(workload.Id.Namespace))
            {
                continue;
            }

            if (workload.DataPlane == DataPlane.None || (workload.DataPlane == DataPlane.Sidecar && workload.PodsWithProxy < RunningPods(workload)))
            {
                _withoutProxy.Add(workload);
            }
            else if (!CaptureExclusions.OutboundPorts(workload).IsEmpty || CaptureExclusions.OutboundRanges(workload) is not null)
            {
                _withExclusions.Add(workload);
            }
        }
    }

    /// <summary>Workloads with pods that have no proxy, by id: whoever they call, they call in plaintext.</summary>
    public IReadOnlyList<Workload> WithoutProxy => _withoutProxy;

    public PlaintextCause Explain(Edge edge)
    {
        var target = _policies.Nodes.Workload(edge.Target.Workload);
        var service = _policies.Nodes.ServiceOf(_cluster.Name, edge.ServiceHost) ?? (_policies.ServicesOf(edge.Target.Workload) is [var first, ..] ? first : null);
        if (target is not null && _policies.DecisionFor(target) is { Mode: PeerMode.Disable, DecidedBy: { } decidedBy })
        {
            return new(
                "policy-disable",
                $"{PeerAuthentication.Words(decidedBy)} says DISABLE for {Name(target.Id)}: its proxy accepts plaintext only, so every caller sends plaintext.",
                $"Change {PeerAuthentication.Words(decidedBy)} to PERMISSIVE; callers with a proxy then switch to mutual TLS by themselves.");
        }

        return edge.Source.Workload.IsUnknown
            ? ExplainUnknown(service, target)
            : _policies.Nodes.Workload(edge.Source.Workload) is { } source
                ? ExplainKnown(source, target, edge, service)
                : new("other-cluster", $"Telemetry names {Name(edge.Source.Workload)}, which this cluster does not have: a caller from another cluster, or one that is gone.",
                    "Find the caller; give it a proxy of this mesh, or keep PERMISSIVE for the port it calls.");
    }

    /// <summary>Why nobody can tell how an edge is protected.</summary>
    public PlaintextCause ExplainUntold(Edge edge)
    {
        var target = _policies.Nodes.Workload(edge.Target.Workload);
        var service = _policies.Nodes.ServiceOf(_cluster.Name, edge.ServiceHost);
        var callee = target is not null ? Name(target.Id) : edge.ServiceHost;
        if (edge.FromDestination is not null || edge.FromWaypoint is not null)
        {
            if (_cluster.ScrapeGaps.TryGetValue(edge.Target.Workload, out var lost))
            {
                return new("callee-not-scraped", $"Telemetry missing: {lost.Words($"of {callee}")}.", $"Let Prometheus scrape the proxies of {callee}.");
            }

            return new("label-missing", $"The proxy of {callee} reports this traffic, and its label connection_security_policy says neither mutual_tls nor none.", "Keep the label connection_security_policy in Telemetry objects and scrape rules.");
        }

        if (edge.FromSource is { Responses: { IsDefaultOrEmpty: false } responses } && responses.All(response => response.RequestsPerSecond <= 0 || NeverArrived(response.Flags)))
        {
            return new("never-arrived", $"No request reached {callee}: all failed before (flags {string.Join(", ", responses.Select(response => response.Flags).Distinct(StringComparer.Ordinal).Take(3))}).", $"Find out why {callee} cannot be reached; then look here again.");
        }

        if (target is null)
        {
            return edge.ServiceHost.StartsWith("PassthroughCluster", StringComparison.Ordinal)
                ? new("passthrough", "The caller's proxy knows no service of that address and passes the traffic through as it is (PassthroughCluster).", "Describe the destination with a ServiceEntry, or call the service by its name.")
                : new("not-reported", $"No proxy behind {callee} reports this traffic.", $"Give the pods behind {callee} a proxy.");
        }

        if (target.DataPlane == DataPlane.None && !target.Pods.IsEmpty)
        {
            return new("callee-without-proxy", $"{callee} has no proxy: it is sent plaintext unless a DestinationRule says otherwise, and nobody reports what arrives.", HowToInject(target));
        }

        if (_cluster.ScrapeGaps.TryGetValue(target.Id, out var gap))
        {
            return new("callee-not-scraped", $"Telemetry missing: {gap.Words($"of {callee}")}.", $"Let Prometheus scrape the proxies of {callee}.");
        }

        var excluded = CaptureExclusions.InboundPorts(target);
        if (!excluded.IsEmpty && service is not null && service.Ports.Any(port => ClusterPolicies.TargetPort(service, port.Port) is { } number && excluded.Contains(number)))
        {
            return new("callee-port-excluded", $"{callee} takes the port past its proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts): nobody reports what arrives.", $"Take the port out of the annotation on {callee} and restart it.");
        }

        return new("not-reported", $"Only the caller reports this traffic, and a caller's proxy cannot tell how it is protected{(edge.DestinationPrincipals.IsEmpty ? "" : $"; it has seen the identity of {callee}, as with mutual TLS")}.", $"Let the proxies of {callee} report as destination (Telemetry objects can switch that off).");
    }

    /// <summary>Flags with which Envoy answers by itself, without the callee.</summary>
    private static bool NeverArrived(string flags) => flags.Split(',').Any(flag => flag is "UF" or "UH" or "UO" or "NR" or "NC" or "LH" or "FI" or "RL" or "DF" or "DO");

    private PlaintextCause ExplainKnown(Workload source, Workload? target, Edge edge, Service? service)
    {
        var name = Name(source.Id);
        if (source.Pods.Any(p => p.HostNetwork))
        {
            return new("caller-on-host-network", $"{name} runs on the network of its node (hostNetwork): it is never given a proxy.",
                "Move it off hostNetwork, or keep PERMISSIVE for the port it calls.");
        }

        if (source.DataPlane == DataPlane.None && !source.Pods.IsEmpty)
        {
            return target is { DataPlane: DataPlane.Ambient }
                ? new("ztunnel-passthrough", $"{name} has no proxy and is not in ambient: the ztunnel of {Name(target.Id)} passes its plaintext through.", $"Label namespace {source.Id.Namespace} with istio.io/dataplane-mode=ambient, or give {name} a sidecar.")
                : new("caller-without-proxy", $"{name} has no proxy.", HowToInject(source));
        }

        if (source.DataPlane == DataPlane.Sidecar && source.PodsWithProxy < RunningPods(source))
        {
            return new("caller-without-proxy", string.Create(CultureInfo.InvariantCulture, $"{RunningPods(source) - source.PodsWithProxy} of {RunningPods(source)} pods of {name} have no proxy."), HowToInject(source));
        }

        if (ExcludedPort(source, service) is { } port)
        {
            return new("port-excluded", string.Create(CultureInfo.InvariantCulture, $"{name} excludes port {port} from its proxy (annotation traffic.sidecar.istio.io/excludeOutboundPorts): the traffic passes by it."),
                string.Create(CultureInfo.InvariantCulture, $"Take {port} out of the annotation on {name} and restart it."));
        }

        if (service is not null && PlaintextRule(source, service) is { } rule)
        {
            return new("destination-rule", $"{PeerAuthentication.Words(rule)} sets tls mode DISABLE for {service.Host}: callers send plaintext.",
                $"Remove the tls block from {PeerAuthentication.Words(rule)}; auto mTLS then decides.");
        }

        if (service is not null && _policies.Mesh.AutoMtlsOffFor(source) is { } settings
            && !_policies.ClientTls.LeftToAuto(service.Host, service.Id.Namespace, service.Ports.IsDefault ? [] : service.Ports.Select(one => one.Port)).IsEmpty)
        {
            return new("auto-mtls-off", $"{MeshSettings.Words(settings)} sets enableAutoMtls to false for proxies of revision {settings.Revision}, and no DestinationRule tells {name} to encrypt what it sends to {service.Host}.",
                $"Take enableAutoMtls out of {MeshSettings.Words(settings)}, or set tls mode ISTIO_MUTUAL for {service.Host} in a DestinationRule.");
        }

        if (CaptureExclusions.OutboundRanges(source) is { } ranges)
        {
            return new("range-excluded", $"{name} limits by address what its proxy captures (annotation {ranges}): calls to addresses outside pass by it.",
                $"Take the addresses of {service?.Host ?? edge.ServiceHost} out of the exclusion on {name} and restart it.");
        }

        return service is { Headless: true }
            ? new("headless", $"{service.Host} is headless: auto mTLS does not cover calls that pick a pod by themselves.",
                $"Set tls mode ISTIO_MUTUAL for {service.Host} in a DestinationRule, once all its pods have a proxy.")
            : _cluster.ScrapeGaps.TryGetValue(source.Id, out var gap)
            ? new("unexplained", $"{name} has a proxy. Telemetry missing: {gap.Words("of the caller")}, so whether this traffic went through it is not known.",
                $"Let Prometheus scrape the proxies of {name}; then look here again.")
            : target is { DataPlane: DataPlane.Ambient } && source.DataPlane == DataPlane.Sidecar
            ? new("ztunnel-passthrough", $"{name} has a sidecar that does not speak HBONE to {Name(target.Id)}: its ztunnel passes the plaintext through.", $"Let sidecars speak HBONE (the ambient profile sets it), or take {name} into ambient.")
            : new("unexplained", $"{name} has a proxy and nothing read here explains it.",
                _policies.Mesh.Unknown.IsEmpty
                    ? "Look for an EnvoyFilter, and for calls to the address of a pod instead of the service."
                    : "Look for enableAutoMtls: false in the mesh configuration, which could not be read, for an EnvoyFilter, and for calls to the address of a pod instead of the service.");
    }

    private PlaintextCause ExplainUnknown(Service? service, Workload? target)
    {
        const string Fix = "Give the caller a proxy (see the candidates' namespaces for injection) and restart it; keep PERMISSIVE until no plaintext is left.";
        var reasons = new List<string> { "The caller sends no mesh identity, so telemetry cannot name it." };
        var code = "unknown-caller";
        if (target is { DataPlane: DataPlane.Ambient })
        {
            code = "ztunnel-passthrough";
            reasons.Add($"The ztunnel of {Name(target.Id)} passes plaintext through.");
        }

        var excluding = _withExclusions.Where(w => ExcludedPort(w, service) is not null).ToList();
        if (excluding.Count > 0)
        {
            code = "port-excluded";
            reasons.Add($"Excluding its port from their proxies: {Names(excluding)}.");
        }

        if (_withoutProxy.Count > 0)
        {
            code = code == "unknown-caller" ? "caller-without-proxy" : code;
            reasons.Add(_withoutProxy.Count == 1
                ? $"{Name(_withoutProxy[0].Id)} is the only workload here with pods without proxy."
                : $"Workloads with pods without proxy: {Names(_withoutProxy)}.");
        }

        if (service is not null
            && _kubernetesServices.GetValueOrDefault((service.Id.Namespace, service.Id.Name)) is { Type: "NodePort" or "LoadBalancer" } exposed)
        {
            reasons.Add($"Service {service.Id.Namespace}/{service.Id.Name} is of type {exposed.Type}: clients from outside reach the pods without a gateway.");
            return new("outside-client", string.Join(' ', reasons), $"Let outside clients in through a gateway and make Service {service.Id.Namespace}/{service.Id.Name} a ClusterIP; give callers inside a proxy.");
        }

        if (excluding.Count + _withoutProxy.Count > 0)
        {
            return new(
                code,
                string.Join(' ', reasons),
                excluding.Count > 0 ? $"Take the port out of annotation traffic.sidecar.istio.io/excludeOutboundPorts on {Names(excluding)}, and give callers without a proxy one; keep PERMISSIVE until no plaintext is left."
                : _withoutProxy.Count == 1 ? HowToInject(_withoutProxy[0])
                : Fix);
        }

        reasons.Add(_cluster.Objects.Pods.IsDefault
            ? SourceWords.Why(_cluster, "Which pods have no proxy is not known", "kubernetes/pods")
            : "Every workload here has a proxy: it is a node, a virtual machine, another cluster, or a client from outside.");
        return new(_cluster.Objects.Pods.IsDefault || code == "ztunnel-passthrough" ? code : "outside-client", string.Join(' ', reasons), "Find the caller by its address in the access log of the callee's proxy; then give it a proxy or keep PERMISSIVE for its port.");
    }

    private string HowToInject(Workload workload)
    {
        var name = Name(workload.Id);
        if (workload.Pods.Any(p => p.HostNetwork))
        {
            return $"{name} runs on the network of its node (hostNetwork) and cannot be given a proxy: move it off hostNetwork, or keep PERMISSIVE for the port it calls.";
        }

        if (workload.Labels.GetValueOrDefault("sidecar.istio.io/inject") is "false"
            || workload.Pods.Any(p => Setting(p.Meta, "sidecar.istio.io/inject") is "false"))
        {
            return $"Remove sidecar.istio.io/inject: \"false\" from {name} and restart it.";
        }

        if (!_namespaces.TryGetValue(workload.Id.Namespace, out var @namespace))
        {
            return $"Ask for injection in namespace {workload.Id.Namespace} and restart {name}.";
        }

        var labels = @namespace.Meta.Labels;
        var asked = labels.GetValueOrDefault("istio-injection") is { } injection
            ? injection == "enabled"
            : labels.ContainsKey("istio.io/rev");
        return asked
            ? $"Restart {name}: namespace {workload.Id.Namespace} asks for injection, but these pods were created without a proxy."
            : $"Label namespace {workload.Id.Namespace} with istio-injection=enabled and restart {name}.";
    }

    private static string? Setting(ObjectMeta meta, string name) => meta.Labels.GetValueOrDefault(name) ?? meta.Annotations.GetValueOrDefault(name);

    /// <summary>The port of the service that the caller takes past its proxy; null when there is none.</summary>
    internal static int? ExcludedPort(Workload caller, Service? service)
    {
        if (service is null || service.Ports.IsDefault)
        {
            return null;
        }

        var excluded = CaptureExclusions.OutboundPorts(caller);
        foreach (var port in excluded.IsEmpty ? [] : service.Ports)
        {
            if (excluded.Contains(port.Port))
            {
                return port.Port;
            }

            // Calls to a pod's address (headless services) carry the container's port.
            if (ClusterPolicies.TargetPort(service, port.Port) is { } target && excluded.Contains(target))
            {
                return target;
            }
        }

        return null;
    }

    private ObjectReference? PlaintextRule(Workload source, Service service)
    {
        var settings = _policies.ClientTls.For(service.Host, service.Id.Namespace);
        return settings
            .Where(s => s.Mode == ClientTlsMode.Disable && (s.Callers is null || s.Rule.Namespace == source.Id.Namespace))
            .OrderBy(s => s.Rule.Namespace == source.Id.Namespace ? 0 : 1)
            .FirstOrDefault()?.Rule;
    }

    private static int RunningPods(Workload workload) => workload.Pods.Count(p => p.Phase is PodPhase.Running or PodPhase.Unknown);

    /// <summary>Namespaces of the platform, whose workloads no injector touches.</summary>
    internal bool IsSystem(string @namespace) =>
        @namespace == _cluster.RootNamespace || @namespace is "kube-system" or "kube-public" or "kube-node-lease" or "local-path-storage";

    private static string Name(WorkloadId id) => $"{id.Namespace}/{id.Name}";

    private static string Names(List<Workload> workloads)
    {
        var named = string.Join(", ", workloads.Take(CandidatesNamed).Select(w => Name(w.Id)));
        return workloads.Count <= CandidatesNamed ? named : string.Create(CultureInfo.InvariantCulture, $"{named} and {workloads.Count - CandidatesNamed} more");
    }
}
