using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Looks at one workload: who would be refused by STRICT (plaintext in the look-back and now, DestinationRules, callers that
/// pass by their proxy), where it could not be enforced, and what is not known. The rules are those of Istio's
/// PeerAuthentication, auto mTLS and traffic capture.
/// </summary>
internal sealed class WorkloadInspector
{
    /// <summary>A proxy needs so long to be found and scraped.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(2);

    /// <summary>Workload certificates live for a day and are renewed at one half.</summary>
    private static readonly TimeSpan s_leafLife = TimeSpan.FromHours(24);

    private readonly ClusterSnapshot _cluster;
    private readonly ClusterPolicies _policies;
    private readonly LookbackEvidence _evidence;
    private readonly PlaintextCauses _causes;
    private readonly double _lateRenewalRatio;
    private readonly ILookup<WorkloadId, UnprotectedTraffic> _unprotected;
    private readonly ILookup<WorkloadId, Edge> _liveEdges;
    private readonly Dictionary<(string, string), KubernetesService> _kubernetesServices = [];
    private readonly Dictionary<string, string> _ztunnels = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _pods = [];
    private readonly ILookup<string, (string Pod, ScrapedSpan Span)> _gone;
    private readonly List<Workload> _excludingPorts = [];
    private readonly Dictionary<(string, string), double> _leafSeconds = [];
    private readonly ApiServerCallers _apiServer;
    private readonly RareCallers _rare;
    private readonly DateTimeOffset? _since;

    public WorkloadInspector(ClusterSnapshot cluster, ClusterPolicies policies, LookbackEvidence evidence, double lateRenewalRatio)
    {
        (_cluster, _policies, _evidence, _lateRenewalRatio) = (cluster, policies, evidence, lateRenewalRatio);
        _causes = new PlaintextCauses(cluster, policies);
        _apiServer = new ApiServerCallers(cluster.Objects, policies.Domain);
        _rare = new RareCallers(cluster, policies, evidence);
        _unprotected = (evidence.Unprotected ?? []).ToLookup(traffic => traffic.Target);
        _liveEdges = cluster.Edges.ToLookup(edge => edge.Target.Workload);
        foreach (var service in cluster.Objects.Services.IsDefault ? [] : cluster.Objects.Services)
        {
            _kubernetesServices[(service.Meta.Namespace, service.Meta.Name)] = service;
        }

        foreach (var workload in cluster.Workloads)
        {
            if (!CaptureExclusions.OutboundPorts(workload).IsEmpty)
            {
                _excludingPorts.Add(workload);
            }

            foreach (var pod in workload.Pods)
            {
                _pods.Add((pod.Meta.Namespace, pod.Meta.Name));
                if (pod.NodeName is { } node && ProxyDetection.IsZtunnel(pod))
                {
                    _ztunnels[node] = pod.Meta.Name;
                }
            }
        }

        var proxies = evidence.Proxies ?? FrozenDictionary<(string Namespace, string Pod), ScrapedSpan>.Empty;
        _since = proxies.Count == 0 ? null : proxies.Values.Min(span => span.First);
        _gone = proxies.Where(proxy => !_pods.Contains(proxy.Key)).ToLookup(proxy => proxy.Key.Namespace, proxy => (proxy.Key.Pod, proxy.Value), StringComparer.Ordinal);

        foreach (var leaf in cluster.Telemetry?.ProxyCertificates ?? [])
        {
            _leafSeconds[(leaf.Namespace, leaf.Pod)] = leaf.RemainingSeconds - (evidence.At - leaf.SampledAt).TotalSeconds;
        }
    }

    /// <summary>Workloads outside the platform with pods that have no proxy.</summary>
    public IReadOnlyList<Workload> WithoutProxy => _causes.WithoutProxy;

    /// <summary>CronJobs without a run in the look-back, by namespace and name.</summary>
    public ImmutableArray<RareCaller> RareCallers => _rare.All;

    public static string Name(WorkloadId id) => $"{id.Namespace}/{id.Name}";

    /// <summary>Workloads that no PeerAuthentication of an operator is about: the platform's own, and ztunnel and waypoints.</summary>
    public bool IsForeign(Workload workload) =>
        (_causes.IsSystem(workload.Id.Namespace) && !workload.IsGateway) || workload.IsWaypoint || workload.Pods.Any(ProxyDetection.IsZtunnel);

    /// <summary>What is not known of the whole mesh.</summary>
    public IEnumerable<ReadinessFinding> OfEvidence()
    {
        foreach (var faults in _evidence.Faults.GroupBy(fault => fault.Message, StringComparer.Ordinal))
        {
            yield return new ReadinessFinding("history-unavailable", $"The history could not be read ({string.Join(", ", faults.Select(fault => fault.Question))}). {faults.Key}", "Ask again when Prometheus answers, or with a shorter look-back.", null, []);
        }

        if (_policies.Resolver is null)
        {
            yield return new ReadinessFinding("policies-unknown", SourceWords.Why(_cluster, "PeerAuthentications are not known", "kubernetes/peerauthentications"), "Let the console list PeerAuthentications; then ask again.", null, []);
        }

        if (_cluster.Objects.DestinationRules.IsDefault)
        {
            yield return new ReadinessFinding("destination-rules-unknown", SourceWords.Why(_cluster, "DestinationRules are not known", "kubernetes/destinationrules"), "Let the console list DestinationRules; then ask again.", null, []);
        }

        if (_cluster.Objects.Services.IsDefault)
        {
            yield return new ReadinessFinding("services-unknown", SourceWords.Why(_cluster, "Services are not known", "kubernetes/services"), "Let the console list Services; then ask again.", null, []);
        }

        foreach (var found in OfCallersAndSettings())
        {
            yield return found;
        }

        if (_evidence.Proxies is { Count: 0 })
        {
            yield return new ReadinessFinding("scrapes-unknown", "Prometheus has no series istio_build of any proxy, so whether proxies were scraped all the time is not known.", "Let Prometheus keep istio_build when it scrapes proxies.", null, []);
        }
        else if (_since is { } since && since > _evidence.Start + Tolerance)
        {
            yield return new ReadinessFinding(
                "short-history",
                $"Prometheus has samples of proxies for {DurationWords.Of(_evidence.At - since)} only, of the {LookbackWords.Of(_evidence.Lookback)} that were asked for.",
                "Choose a shorter look-back, or wait; a longer one needs Prometheus to keep its data longer.",
                null,
                [new("first sample of any proxy", since.ToString("u", CultureInfo.InvariantCulture)), new("look-back from", _evidence.Start.ToString("u", CultureInfo.InvariantCulture))]);
        }
    }

    /// <summary>Callers that telemetry does not show, and what the proxies were told: as far as they could not be read.</summary>
    private IEnumerable<ReadinessFinding> OfCallersAndSettings()
    {
        var objects = _cluster.Objects;
        if (objects.CronJobs.IsDefault)
        {
            yield return new ReadinessFinding("cron-jobs-unknown", SourceWords.Why(_cluster, "Which CronJobs call now and then is not known", "kubernetes/cronjobs"), "Let the console list CronJobs (batch); then ask again.", null, []);
        }

        foreach (var (unknown, kind, source) in new[]
        {
            (objects.MutatingWebhooks.IsDefault, "MutatingWebhookConfigurations", "kubernetes/mutatingwebhookconfigurations"),
            (objects.ValidatingWebhooks.IsDefault, "ValidatingWebhookConfigurations", "kubernetes/validatingwebhookconfigurations"),
            (objects.ApiServices.IsDefault, "APIServices", "kubernetes/apiservices"),
        })
        {
            if (unknown)
            {
                yield return new ReadinessFinding("api-server-unknown", SourceWords.Why(_cluster, $"What the API server calls for {kind} is not known", source), $"Let the console list {kind}; then ask again.", null, []);
            }
        }

        if (objects.MeshConfigurations.IsDefault)
        {
            yield return new ReadinessFinding("mesh-configuration-unknown", SourceWords.Why(_cluster, "The mesh configuration is not known, so whether proxies use mutual TLS by themselves (enableAutoMtls) is not either", ResourceKinds.MeshConfigurations.SourceName), "Let the console list ConfigMaps; then ask again.", null, []);
            yield break;
        }

        foreach (var revision in _policies.Mesh.Unknown)
        {
            var found = _policies.Mesh.Of(revision);
            yield return new ReadinessFinding(
                "mesh-configuration-unknown",
                $"Whether proxies of revision {revision} use mutual TLS by themselves (enableAutoMtls) is not known: {(found is { Problem: { } problem } ? $"{MeshSettings.Words(found)} {problem}" : $"there is no ConfigMap {MeshConfiguration.NameOf(revision)} with label {MeshConfiguration.RevisionLabel}: {revision}")}.",
                found is null ? "Where istiod runs in another cluster, or takes its configuration from a file, look there; where the revision is gone, restart its workloads." : $"Repair {MeshSettings.Words(found)}.",
                null,
                [new("revision", revision)]);
        }

        foreach (var other in _policies.Mesh.All.Where(one => one.RootNamespace is { } root && !string.Equals(root, _cluster.RootNamespace, StringComparison.Ordinal)))
        {
            yield return new ReadinessFinding(
                "root-namespace-differs",
                $"{MeshSettings.Words(other)} says rootNamespace {other.RootNamespace}, and the console takes {_cluster.RootNamespace} for it: which policies hold for the whole mesh is not known.",
                $"Set Clusters:N:RootNamespace to {other.RootNamespace} and start the console again.",
                null,
                [new("object", MeshSettings.Words(other)), new("rootNamespace", other.RootNamespace)]);
        }
    }

    public WorkloadFindings Look(Workload workload)
    {
        var decision = _policies.DecisionFor(workload);
        var (blockers, unproven, warnings) = (new List<PortFinding>(), new List<ReadinessFinding>(), new List<ReadinessFinding>());
        var unseen = new List<PortFinding>();
        var services = _policies.ServicesOf(workload.Id);
        AddCapture(workload, blockers, unproven);
        AddPlaintext(workload, blockers, unproven);
        AddClientRules(workload, blockers, warnings);
        AddUntoldCallers(workload, blockers, warnings);
        AddCallers(workload, services, blockers);
        AddApiServer(workload, services, blockers);
        AddRareCallers(workload, services, unseen, warnings);
        AddHistory(workload, unproven);
        AddWarnings(workload, services, warnings);
        return new WorkloadFindings(
            workload,
            decision,
            decision is null ? PolicyLevel.Mesh : LevelOf(workload.Id.Namespace, decision),
            [.. blockers],
            [.. unproven],
            [.. unseen],
            [.. warnings],
            Idle(workload),
            Uncovered(workload),
            services.Count > 0);
    }

    private PolicyLevel LevelOf(string @namespace, PeerDecision decision) =>
        decision.DecidedBy is null ? PolicyLevel.Mesh
        : decision.DecidedBy != _policies.Resolver!.ResolveNamespace(@namespace).DecidedBy ? PolicyLevel.Workload
        : string.Equals(decision.DecidedBy.Namespace, _cluster.RootNamespace, StringComparison.Ordinal) ? PolicyLevel.Mesh
        : PolicyLevel.Namespace;

    /// <summary>Where nothing enforces a mode; null where every pod has a proxy.</summary>
    private static ReadinessFinding? Uncovered(Workload workload)
    {
        var name = Name(workload.Id);
        var pods = RunningPods(workload);
        var without = workload.DataPlane switch
        {
            DataPlane.Ambient => 0,
            DataPlane.Sidecar => pods - workload.PodsWithProxy,
            _ => pods,
        };
        return without <= 0 ? null : new ReadinessFinding(
            "not-covered",
            workload.DataPlane == DataPlane.Linkerd
                ? $"{name} is in Linkerd's mesh: its proxies do not read PeerAuthentication."
                : $"{PodsWithout(without, pods, name)}: STRICT has no effect there, and plaintext goes on being accepted.",
            $"Give {name} a proxy and restart it.",
            name,
            [new("pods", pods.ToString(CultureInfo.InvariantCulture)), new("pods without proxy", without.ToString(CultureInfo.InvariantCulture))]);
    }

    private static void AddCapture(Workload workload, List<PortFinding> blockers, List<ReadinessFinding> unproven)
    {
        var name = Name(workload.Id);
        if (RunningPods(workload) == 0)
        {
            unproven.Add(new("no-pods", $"{name} has no pod that runs: who calls it then is not known.", "Ask again while it runs.", name, []));
        }

        foreach (var port in CaptureExclusions.InboundPorts(workload))
        {
            blockers.Add(new PortFinding(
                new(
                    "port-not-captured",
                    string.Create(CultureInfo.InvariantCulture, $"Port {port} of {name} passes by its proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts): STRICT has no effect there."),
                    string.Create(CultureInfo.InvariantCulture, $"Take {port} out of the annotation and restart {name}."),
                    name,
                    [new("annotation", "traffic.sidecar.istio.io/excludeInboundPorts")]),
                [port]));
        }
    }

    private static int RunningPods(Workload workload) => workload.Pods.Count(pod => pod.Phase is PodPhase.Running or PodPhase.Pending or PodPhase.Unknown);

    private static string PodsWithout(int without, int pods, string name) =>
        without < pods ? string.Create(CultureInfo.InvariantCulture, $"{without} of {pods} pods of {name} {(without == 1 ? "has" : "have")} no proxy")
        : pods == 1 ? $"The pod of {name} has no proxy"
        : string.Create(CultureInfo.InvariantCulture, $"None of the {pods} pods of {name} has a proxy");

    private void AddPlaintext(Workload workload, List<PortFinding> blockers, List<ReadinessFinding> unproven)
    {
        var name = Name(workload.Id);
        var live = _liveEdges[workload.Id]
            .Select(edge => (Edge: edge, Report: MtlsCoverageBuilder.SecurityReport(edge)))
            .Where(one => one.Report is { HasPlaintext: true })
            .ToList();
        foreach (var caller in _unprotected[workload.Id].Where(traffic => traffic.Known)
            .GroupBy(traffic => (traffic.Source, traffic.Service, Tcp: traffic.Measure != TrafficMeasure.Requests)))
        {
            var counts = caller.GroupBy(traffic => traffic.Measure).OrderBy(group => group.Key).Select(group => (Measure: group.Key, Count: group.Sum(traffic => traffic.Count))).ToList();

            // Bytes speak where no connection was opened in the look-back.
            var (measure, count) = counts[0];
            var edge = EdgeOf(caller.Key.Source, workload.Id, caller.Key.Service, caller.Key.Tcp);
            var now = live.FindIndex(one => IsSame(one.Edge, edge));
            var rate = now < 0 ? null : RateWords(live[now].Report!);
            if (now >= 0)
            {
                live.RemoveAt(now);
            }

            var what = measure switch
            {
                TrafficMeasure.Requests => $"received {Count(count)} plaintext {(count < 1.5 ? "request" : "requests")}",
                TrafficMeasure.Connections => $"accepted {Count(count)} plaintext {(count < 1.5 ? "connection" : "connections")}",
                _ => $"exchanged {Count(count)} bytes over plaintext connections that were opened before",
            };
            blockers.Add(Plaintext(
                workload,
                edge,
                measure == TrafficMeasure.Requests ? "plaintext-requests" : "plaintext-connections",
                $"{name} {what} in the last {LookbackWords.Of(_evidence.Lookback)} from {Caller(caller.Key.Source)}.",
                rate is not null,
                [.. counts.Select(one => new ReadinessEvidence($"{one.Measure.ToString().ToLowerInvariant()} in plaintext", Count(one.Count))), new("rate now", rate), new("query", Query(measure, workload.Id, caller.Key.Source))]));
        }

        foreach (var (edge, report) in live)
        {
            blockers.Add(Plaintext(
                workload,
                edge,
                edge.Protocol == "tcp" ? "plaintext-connections" : "plaintext-requests",
                $"{name} is called in plaintext now, by {Caller(edge.Source.Workload)}.",
                true,
                [new("rate now", RateWords(report!))]));
        }

        foreach (var caller in _unprotected[workload.Id].Where(traffic => !traffic.Known).GroupBy(traffic => (traffic.Source, Tcp: traffic.Measure != TrafficMeasure.Requests)))
        {
            var (measure, count) = caller.GroupBy(traffic => traffic.Measure).OrderBy(group => group.Key).Select(group => (group.Key, group.Sum(traffic => traffic.Count))).First();
            unproven.Add(new ReadinessFinding(
                "protection-unknown",
                $"How {Count(count)} {measure.ToString().ToLowerInvariant()} from {Caller(caller.Key.Source)} to {name} were protected is not known: the proxies' label connection_security_policy says neither mutual_tls nor none.",
                "Keep the label connection_security_policy in Telemetry objects and scrape rules.",
                name,
                [new($"{measure.ToString().ToLowerInvariant()} not known", Count(count))]));
        }
    }

    private PortFinding Plaintext(Workload workload, Edge edge, string code, string message, bool now, ImmutableArray<ReadinessEvidence> evidence)
    {
        var found = _causes.Explain(edge);
        var cause = now || (!edge.Source.Workload.IsUnknown && found.Code != "unexplained") ? found
            : !edge.Source.Workload.IsUnknown ? new PlaintextCause(
                "ended",
                "It does not call in plaintext now: a policy, a DestinationRule or the caller itself was changed since.",
                "If that was meant to end it, ask again when the look-back has passed.")

            // A caller without identity that is silent now may be gone: those that are here now must not be accused of it.
            : new PlaintextCause(
                "caller-gone",
                "It is not called in plaintext now: whoever it was may be gone, and sends no mesh identity by which telemetry could name it.",
                "If the caller is known to be gone, ask again when the look-back has passed; else find it by its address in the access log of the callee's proxy.");
        return new PortFinding(
            new ReadinessFinding(code, $"{message} {cause.Reason}", cause.Fix, Name(workload.Id), [new("caller", edge.Source.Workload.IsUnknown ? null : Name(edge.Source.Workload)), new("service", edge.ServiceHost), new("cause", cause.Code), .. evidence]),
            PortsOf(workload, edge.ServiceHost));
    }

    /// <summary>Metrics have no port, but the Service that was called has some; default when it cannot be told.</summary>
    private ImmutableArray<int> PortsOf(Workload workload, string host)
    {
        if (_policies.Nodes.ServiceOf(_cluster.Name, host) is not { Ports.IsDefaultOrEmpty: false } service || !service.Workloads.Contains(workload.Id))
        {
            return default;
        }

        var ports = service.Ports.Select(port => ClusterPolicies.TargetPort(service, port.Port)).ToList();
        return ports.Contains(null) ? default : [.. ports.Select(port => port!.Value).Distinct().Order()];
    }

    private void AddClientRules(Workload workload, List<PortFinding> blockers, List<ReadinessFinding> warnings)
    {
        var name = Name(workload.Id);
        foreach (var client in ClientTlsConflicts.SettingsOf(_policies, workload))
        {
            var what = client.Setting.Mode switch
            {
                ClientTlsMode.Disable => "they send plaintext",
                ClientTlsMode.Simple or ClientTlsMode.Mutual => "they use TLS without Istio's certificates",
                ClientTlsMode.Unreadable => "what they send is not known",
                _ => null,
            };
            if (what is null)
            {
                continue;
            }

            var rule = PeerAuthentication.Words(client.Setting.Rule);
            var evidence = ImmutableArray.Create(new ReadinessEvidence("object", rule), new("tls mode", client.Setting.Mode.ToString().ToUpperInvariant()), new("host", client.Host));
            if (workload.DataPlane == DataPlane.Ambient)
            {
                warnings.Add(new("client-tls", $"{ClientTlsConflicts.Words(client)}: callers in ambient wrap it in HBONE all the same, callers with a sidecar that does not speak HBONE would be refused by {name}.", $"Remove the tls block from {rule}.", name, evidence));
            }
            else
            {
                blockers.Add(new PortFinding(
                    new("client-tls", $"{ClientTlsConflicts.Words(client)}: {what}, which STRICT on {name} refuses.", $"Remove the tls block from {rule}, or set ISTIO_MUTUAL; auto mTLS then decides.", name, evidence),
                    client.ContainerPort is { } port ? [port] : default));
            }
        }
    }

    /// <summary>Callers that encrypt nothing by themselves. Over HBONE, callees in ambient are reached encrypted all the same.</summary>
    private void AddUntoldCallers(Workload workload, List<PortFinding> blockers, List<ReadinessFinding> warnings)
    {
        var name = Name(workload.Id);
        foreach (var untold in ClientTlsConflicts.UntoldOf(_policies, workload))
        {
            var configuration = MeshSettings.Words(untold.Off.Configuration);
            var finding = new ReadinessFinding(
                "auto-mtls-off",
                workload.DataPlane == DataPlane.Ambient
                    ? $"{ClientTlsConflicts.Words(untold)}: callers that speak HBONE encrypt all the same, others would be refused by {name}."
                    : $"{ClientTlsConflicts.Words(untold)}: they send plaintext, which STRICT on {name} refuses.",
                $"Take enableAutoMtls out of {configuration}, or set tls mode ISTIO_MUTUAL for {untold.Host} in a DestinationRule.",
                name,
                [new("object", configuration), new("enableAutoMtls", "false"), new("revision", untold.Off.Configuration.Revision), new("proxies", untold.Off.Proxies.ToString(CultureInfo.InvariantCulture)), new("host", untold.Host)]);
            if (workload.DataPlane == DataPlane.Ambient)
            {
                warnings.Add(finding);
            }
            else
            {
                blockers.Add(new PortFinding(finding, untold.ContainerPorts));
            }
        }
    }

    /// <summary>The API server has no certificate of the mesh. Where a port passes by the proxy, or nothing enforces the mode, it goes on being served.</summary>
    private void AddApiServer(Workload workload, IReadOnlyList<Service> services, List<PortFinding> blockers)
    {
        if (workload.DataPlane is DataPlane.None or DataPlane.Linkerd)
        {
            return;
        }

        var name = Name(workload.Id);
        var passing = CaptureExclusions.InboundPorts(workload);
        foreach (var service in services)
        {
            foreach (var call in _apiServer.Of(service.Id.Namespace, service.Id.Name))
            {
                var port = ClusterPolicies.TargetPort(service, call.Port);
                if (port is { } served && passing.Contains(served))
                {
                    continue;
                }

                var words = port?.ToString(CultureInfo.InvariantCulture) ?? $"behind {call.PortWords} of Service {service.Id.Name}";
                blockers.Add(new PortFinding(
                    new(
                        "api-server-caller",
                        $"{call.Object} makes the API server call {service.Host}:{call.PortWords}: it has no proxy and no certificate of the mesh, so STRICT on {name} refuses it, and {call.Consequence}.",
                        $"Keep PERMISSIVE for port {words} of {name} (portLevelMtls){(workload.DataPlane == DataPlane.Sidecar && port is not null ? $", or take it past the proxy (annotation traffic.sidecar.istio.io/excludeInboundPorts: \"{words}\")" : "")}.",
                        name,
                        [new("object", call.Object), new("service", $"{service.Id.Namespace}/{service.Id.Name}"), new("service port", call.PortWords), new("container port", port?.ToString(CultureInfo.InvariantCulture))]),
                    port is { } target ? [target] : default));
            }
        }
    }

    /// <summary>CronJobs that name a Service of the workload and were not seen to call it.</summary>
    private void AddRareCallers(Workload workload, IReadOnlyList<Service> services, List<PortFinding> unseen, List<ReadinessFinding> warnings)
    {
        var name = Name(workload.Id);
        foreach (var (service, caller) in services.SelectMany(service => _rare.Of(service.Id).Select(caller => (service, caller))))
        {
            var seen = $"CronJob {caller.Name} names {service.Host} and has not run within {LookbackWords.Of(_evidence.Lookback)}, so what it sends there was not seen. {caller.Times}";
            ImmutableArray<ReadinessEvidence> evidence = [.. caller.Evidence, new("service", service.Host)];
            if (caller.HasProxy)
            {
                warnings.Add(new("cron-job-not-seen", $"{seen} Its pods are given a proxy, which encrypts by itself.", "Ask again with a look-back that holds a run, to be sure.", name, evidence));
            }
            else
            {
                unseen.Add(new PortFinding(
                    new(
                        "cron-job-not-seen",
                        $"{seen} {(caller.Plane is null ? "Whether its pods are given a proxy is not known." : "Its pods are given no proxy: it can only send plaintext, which STRICT would refuse at its next run.")}",
                        $"Give {caller.Name} a proxy, or keep PERMISSIVE for the port it calls; or ask with a look-back that holds a run, to see whether it calls at all.",
                        name,
                        evidence),
                    PortsOf(workload, service.Host)));
            }
        }
    }

    private void AddCallers(Workload workload, IReadOnlyList<Service> services, List<PortFinding> blockers)
    {
        var name = Name(workload.Id);
        foreach (var service in services)
        {
            foreach (var caller in _excludingPorts.Where(caller => caller.Id != workload.Id))
            {
                if (PlaintextCauses.ExcludedPort(caller, service) is { } port)
                {
                    blockers.Add(new PortFinding(
                        new(
                            "caller-excludes-port",
                            string.Create(CultureInfo.InvariantCulture, $"{Name(caller.Id)} excludes port {port} from its proxy (annotation traffic.sidecar.istio.io/excludeOutboundPorts): what it sends to {service.Host} is plaintext, which STRICT on {name} refuses."),
                            string.Create(CultureInfo.InvariantCulture, $"Take {port} out of the annotation on {Name(caller.Id)} and restart it."),
                            name,
                            [new("caller", Name(caller.Id)), new("port", port.ToString(CultureInfo.InvariantCulture))]),
                        ClusterPolicies.TargetPort(service, port) is { } target ? [target] : default));
                }
            }

            if (!workload.IsGateway && _kubernetesServices.GetValueOrDefault((service.Id.Namespace, service.Id.Name)) is { Type: "NodePort" or "LoadBalancer" } exposed)
            {
                blockers.Add(new PortFinding(
                    new(
                        "outside-clients",
                        $"Service {service.Id.Namespace}/{service.Id.Name} is of type {exposed.Type}: clients from outside the mesh reach {name} without a gateway, and have no certificate of the mesh.",
                        $"Let them in through a gateway and make the Service a ClusterIP, or keep PERMISSIVE for its port.",
                        name,
                        [new("service", $"{service.Id.Namespace}/{service.Id.Name}"), new("type", exposed.Type)]),
                    PortsOf(workload, service.Host)));
            }
        }
    }

    /// <summary>Whether the proxies of the workload were scraped from the beginning of the look-back to its end.</summary>
    private void AddHistory(Workload workload, List<ReadinessFinding> unproven)
    {
        var name = Name(workload.Id);
        if (_cluster.ScrapeGaps.TryGetValue(workload.Id, out var gap))
        {
            unproven.Add(new("not-scraped", $"Now {gap.Words($"of {name}")}: what arrives there is not counted.", "Let Prometheus scrape them.", name, []));
        }

        if (_evidence.Proxies is not { Count: > 0 } proxies || workload.DataPlane is not (DataPlane.Sidecar or DataPlane.Ambient))
        {
            return;
        }

        // What is missing from all of the mesh is said once, for the mesh.
        var start = _since is { } since && since > _evidence.Start ? since : _evidence.Start;
        var spans = new List<(DateTimeOffset From, DateTimeOffset To)>();
        foreach (var pod in workload.Pods)
        {
            if (pod.Phase != PodPhase.Running || pod.Meta.DeletedAt is not null || ProxyDetection.Of(pod) is not (DataPlane.Sidecar or DataPlane.Ambient))
            {
                continue;
            }

            var due = pod.Meta.CreatedAt + s_settling > start ? pod.Meta.CreatedAt + s_settling : start;
            if (due >= _evidence.At)
            {
                continue;
            }

            var scraper = workload.DataPlane == DataPlane.Ambient && pod.NodeName is { } node ? (_cluster.RootNamespace, _ztunnels.GetValueOrDefault(node) ?? "") : (pod.Meta.Namespace, pod.Meta.Name);
            var span = proxies.GetValueOrDefault(scraper);
            if (span.Covered > TimeSpan.Zero)
            {
                spans.Add((span.First > pod.Meta.CreatedAt ? span.First : pod.Meta.CreatedAt, span.Last));
            }

            var missing = _evidence.At - due - span.Covered;
            if (missing > _evidence.Slot * 1.5)
            {
                unproven.Add(new(
                    "scrape-gap",
                    span.Covered == TimeSpan.Zero
                        ? $"The proxy of pod {pod.Meta.Namespace}/{pod.Meta.Name} was not scraped in the look-back: what arrived there is not known."
                        : $"The proxy of pod {pod.Meta.Namespace}/{pod.Meta.Name} was not scraped for {DurationWords.Of(missing)} of the look-back: what arrived there then may not be counted.",
                    "Let Prometheus scrape it, and ask again when the gap has left the look-back.",
                    name,
                    [new("scraped for", DurationWords.Of(span.Covered)), new("should be", DurationWords.Of(_evidence.At - due))]));
            }
        }

        spans.AddRange(_gone[workload.Id.Namespace].Where(gone => IsPodOf(gone.Pod, workload.Id.Name)).Select(gone => (gone.Span.First, gone.Span.Last)));

        if (spans.Count > 0 && Reach(spans) is var reach && reach > start + Tolerance)
        {
            unproven.Add(new(
                "short-history",
                $"Proxies of {name} have been scraped without a break for {DurationWords.Of(_evidence.At - reach)} only, of the {LookbackWords.Of(_evidence.Lookback)} that were asked for: its pods are younger.",
                "Choose a shorter look-back, or wait.",
                name,
                [new("scraped since", reach.ToString("u", CultureInfo.InvariantCulture)), new("look-back from", _evidence.Start.ToString("u", CultureInfo.InvariantCulture))]));
        }
    }

    /// <summary>How far back from the end the spans reach without a hole longer than a pod needs to be scraped.</summary>
    private DateTimeOffset Reach(List<(DateTimeOffset From, DateTimeOffset To)> spans)
    {
        var reach = _evidence.At;
        foreach (var (from, to) in spans.OrderByDescending(span => span.To))
        {
            if (to + Tolerance < reach)
            {
                break;
            }

            reach = from < reach ? from : reach;
        }

        return reach;
    }

    /// <summary>What the resolution of the evidence blurs, and the time that a pod needs to be scraped, where the look-back is long enough for that.</summary>
    private TimeSpan Tolerance => s_settling > _evidence.Slot * 1.5 && s_settling < _evidence.Lookback / 4 ? s_settling : _evidence.Slot * 1.5;

    /// <summary>A pod that is gone, by its name: Deployment (<c>name-hash-xxxxx</c>), DaemonSet (<c>name-xxxxx</c>), StatefulSet (<c>name-0</c>).</summary>
    private static bool IsPodOf(string pod, string workload)
    {
        if (pod.Length <= workload.Length + 1 || !pod.StartsWith(workload, StringComparison.Ordinal) || pod[workload.Length] != '-')
        {
            return false;
        }

        var rest = pod.AsSpan(workload.Length + 1);
        var dash = rest.LastIndexOf('-');
        return dash < 0 ? rest.Length == 5 || !rest.ContainsAnyExceptInRange('0', '9') : rest.Length - dash - 1 == 5 && dash <= 10 && !rest[..dash].Contains('-');
    }

    private void AddWarnings(Workload workload, IReadOnlyList<Service> services, List<ReadinessFinding> warnings)
    {
        var name = Name(workload.Id);
        if (workload.IsGateway)
        {
            warnings.Add(new("gateway", $"{name} is a gateway: the mode does not apply to the servers of its Gateway objects, whose own TLS settings count.", null, name, []));
        }

        if (workload.DataPlane == DataPlane.Sidecar && workload.Pods.Any(pod => pod.Meta.Annotations.GetValueOrDefault("sidecar.istio.io/rewriteAppHTTPProbers") is "false"))
        {
            warnings.Add(new("probes-not-rewritten", $"{name} does not let the injector rewrite its probes (annotation sidecar.istio.io/rewriteAppHTTPProbers: \"false\"): the kubelet's httpGet, tcpSocket and grpc probes are plaintext and would fail.", "Remove the annotation and restart it, or use exec probes.", name, []));
        }

        if (workload.DataPlane == DataPlane.Sidecar && workload.Pods.Any(pod => pod.Meta.Annotations.GetValueOrDefault("prometheus.istio.io/merge-metrics") is "false"))
        {
            warnings.Add(new("metrics-not-merged", $"{name} does not merge its metrics into the proxy's (annotation prometheus.istio.io/merge-metrics: \"false\"): a scrape of the application's own port is plaintext and would fail.", "Remove the annotation, or scrape with the mesh's certificates.", name, []));
        }

        foreach (var service in services.Where(service => service.Headless))
        {
            var settings = _policies.ClientTls.For(service.Host, service.Id.Namespace);
            if (!settings.Any(setting => setting.Mode == ClientTlsMode.IstioMutual))
            {
                warnings.Add(new("headless", $"{service.Host} is headless: auto mTLS does not cover calls that pick a pod by themselves.", $"Set tls mode ISTIO_MUTUAL for {service.Host} in a DestinationRule.", name, [new("service", service.Host)]));
            }
        }

        foreach (var service in services)
        {
            foreach (var setting in _policies.ClientTls.For(service.Host, service.Id.Namespace).Where(setting => setting.Mode == ClientTlsMode.IstioMutual && workload.DataPlane == DataPlane.None))
            {
                warnings.Add(new("client-tls", $"{PeerAuthentication.Words(setting.Rule)} sets tls mode ISTIO_MUTUAL for {service.Host}, whose pods have no proxy to speak it: the calls fail already.", $"Give {name} a proxy, or remove the tls block.", name, []));
            }
        }

        var edges = _liveEdges[workload.Id].ToList();
        var (own, foreign) = (Domains(edges.SelectMany(edge => edge.DestinationPrincipals)), Domains(edges.SelectMany(edge => edge.SourcePrincipals)));
        if (own.Count > 0 && foreign.Except(own, StringComparer.Ordinal).ToList() is { Count: > 0 } other)
        {
            warnings.Add(new("trust-domain", $"Callers of {name} have identities of trust domain {string.Join(", ", other.Take(3))}, it has one of {string.Join(", ", own.Take(3))}: STRICT needs both roots to be trusted.", "Check trustDomainAliases and the roots of both sides.", name, []));
        }

        if (_evidence.Arrivals?.GetValueOrDefault(workload.Id) is { Clusters: { IsEmpty: false } clusters })
        {
            warnings.Add(new("other-clusters", $"{name} is called from other clusters ({string.Join(", ", clusters.Take(5))}): what the console says of callers is about this one.", "Ask for readiness there too.", name, []));
        }

        var late = workload.Pods.Where(pod => _leafSeconds.TryGetValue((pod.Meta.Namespace, pod.Meta.Name), out var left) && left < s_leafLife.TotalSeconds * _lateRenewalRatio).ToList();
        if (late.Count > 0)
        {
            var least = late.Min(pod => _leafSeconds[(pod.Meta.Namespace, pod.Meta.Name)]);
            warnings.Add(new(
                "certificate-soon",
                least <= 0
                    ? $"A workload certificate of {name} has expired: mutual TLS with it fails."
                    : $"A workload certificate of {name} ends in {DurationWords.Of(TimeSpan.FromSeconds(least))} and is not renewed: with STRICT nothing else is accepted when it ends.",
                "Find out why its agent gets no new certificate first.",
                name,
                [new("pods", late.Count.ToString(CultureInfo.InvariantCulture))]));
        }
    }

    private ReadinessFinding? Idle(Workload workload)
    {
        if (workload.IsGateway || _evidence.Arrivals is not { } arrivals || workload.DataPlane is DataPlane.None or DataPlane.Linkerd || arrivals.GetValueOrDefault(workload.Id) is { Any: true })
        {
            return null;
        }

        var name = Name(workload.Id);
        return new("no-traffic", $"Nothing was seen to arrive at {name} in the last {LookbackWords.Of(_evidence.Lookback)}: who calls it sometimes has not been seen.", "Choose a look-back in which it is called.", name, [new("look-back", LookbackWords.Of(_evidence.Lookback))]);
    }

    private Edge EdgeOf(WorkloadId source, WorkloadId target, string service, bool tcp) => new()
    {
        Source = new Peer(source, null, null),
        Target = new Peer(target, null, null),
        ServiceHost = service,
        ServiceNamespace = target.Namespace,
        Protocol = tcp ? "tcp" : "http",
    };

    private static bool IsSame(Edge live, Edge counted) =>
        live.Source.Workload == counted.Source.Workload && (live.Protocol == "tcp") == (counted.Protocol == "tcp") && string.Equals(live.ServiceHost, counted.ServiceHost, StringComparison.Ordinal);

    private static string Caller(WorkloadId id) => id.IsUnknown ? "a caller without identity" : Name(id);

    private static string RateWords(EdgeProtection report) =>
        report.Requests.Plaintext > 0 ? string.Create(CultureInfo.InvariantCulture, $"{report.Requests.Plaintext:0.###} requests/s")
        : report.Connections.Plaintext > 0 ? string.Create(CultureInfo.InvariantCulture, $"{report.Connections.Plaintext:0.###} connections/s")
        : string.Create(CultureInfo.InvariantCulture, $"{report.Bytes.Plaintext:0} bytes/s");

    /// <summary>Extrapolated counts are said whole; what there is, is at least one.</summary>
    private static string Count(double count) => Math.Max(1, Math.Round(count)).ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The same question for this caller and callee alone, to be asked in Prometheus.</summary>
    private string Query(TrafficMeasure measure, WorkloadId target, WorkloadId source)
    {
        var metric = measure switch
        {
            TrafficMeasure.Requests => "istio_requests_total",
            TrafficMeasure.Connections => "istio_tcp_connections_opened_total",
            _ => "istio_tcp_received_bytes_total",
        };
        return $"sum(increase({metric}{{reporter!=\"source\",connection_security_policy!=\"mutual_tls\","
            + $"destination_workload={PromQl.LabelValue(target.Name)},destination_workload_namespace={PromQl.LabelValue(target.Namespace)},source_workload={PromQl.LabelValue(source.Name)}}}[{PromQl.Duration(_evidence.Lookback)}]))";
    }

    private static HashSet<string> Domains(IEnumerable<string> principals) => principals
        .Where(principal => principal.StartsWith("spiffe://", StringComparison.Ordinal))
        .Select(principal => principal["spiffe://".Length..])
        .Select(rest => rest.IndexOf('/') is var slash && slash < 0 ? rest : rest[..slash])
        .ToHashSet(StringComparer.Ordinal);
}
