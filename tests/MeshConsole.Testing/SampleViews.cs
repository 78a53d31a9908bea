using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Testing;

/// <summary>
/// Views as pages get them, written by hand: the payments mesh with a failing canary, one plaintext caller, a late workload
/// certificate, a gateway certificate about to expire, and each kind of number that may be missing.
/// </summary>
public static class SampleViews
{
    private const string Cluster = SampleMesh.Cluster;

    public static DateTimeOffset Now => SampleMesh.Now;

    public static MtlsCoverage Coverage { get; } = new()
    {
        Requests = 0.984,
        Connections = 1,
        Workloads = 0.875,
        Edges = 0.9,
        MutualRequestsPerSecond = 246,
        PlaintextRequestsPerSecond = 4,
        UnknownRequestsPerSecond = 5,
    };

    public static ImmutableArray<CertificateView> Certificates { get; } =
    [
        Certificate("gateway/pay.example", CertificateKind.Gateway, "pay.example", CertificateState.Expiring, 85, 5, 1.0 / 3, "Expires in 5 days and was not renewed.") with
        {
            Issuer = "R11, Let's Encrypt",
            Namespace = "istio-system",
            Source = "secret istio-system/pay-tls key tls.crt",
            PresentedBy = "Gateway payments/public, port 443",
            RenewedBy = "cert-manager Certificate istio-system/pay-tls",
            SubjectAlternativeNames = ["pay.example", "www.pay.example"],
            SerialNumber = "03a1b2c3d4",
            Fingerprint = "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730",
            KeyAlgorithm = "RSA",
            KeySize = 2048,
        },
        Certificate("workload/payments/card-processor-v2", CertificateKind.Workload, "payments/card-processor-v2", CertificateState.Late, 0.7, 0.3, 0.5, "Past half of its life and not renewed: istiod may not reach the agent.") with
        {
            Namespace = "payments",
            PresentedBy = "card-processor-v2, 1 pod",
            RenewedBy = "istiod",
            SampledAt = Now.AddSeconds(-9),
        },
        Certificate("workload/payments/ledger", CertificateKind.Workload, "payments/ledger", CertificateState.Valid, 0.2, 0.8, 0.5, "Renewed by its agent.") with { Namespace = "payments", RenewedBy = "istiod" },
        Certificate("root/istio-system", CertificateKind.Root, "O=cluster.local", CertificateState.Valid, 400, 3250, null, "Valid for years.") with { Source = "configmap payments/istio-ca-root-cert" },
        Certificate("webhook/old", CertificateKind.Webhook, "istiod.istio-system.svc", CertificateState.Expired, 100, -0.0007, null, "Expired; the API server rejects calls to this webhook."),
        new()
        {
            Id = "workload/payments/settlement",
            Cluster = Cluster,
            Kind = CertificateKind.Workload,
            Subject = "payments/settlement",
            Namespace = "payments",
            Source = "metric istio_agent_cert_expiry_seconds",
            State = CertificateState.Unknown,
            Message = "Its agent reports no expiry.",
        },
    ];

    public static ImmutableArray<RouteView> Routes { get; } =
    [
        Route(
            0,
            ["header x-merchant-tier is enterprise"],
            "header x-merchant-tier is enterprise",
            Backend("v2-new-provider", 100, 1, 1)),
        Route(
            1,
            [],
            "all other requests",
            Backend("v1-stable", 90, 0.9, 0.82, new RouteLive(90, 0.0004, 48)),
            Backend("v2-new-provider", 10, 0.1, 0.18, new RouteLive(19.8, 0.1, 480))),
        Route(0, ["path starts with /v2/"], "path starts with /v2/", new RouteBackend("webhook-dispatch.payments.svc.cluster.local", null, 8080, null, 1, null, null, null, null)) with
        {
            Id = $"{Cluster}/payments/HTTPRoute/webhooks/http/0",
            Object = new RouteObject("gateway.networking.k8s.io/v1", "HTTPRoute", "payments", "webhooks", "uid-2", "7"),
            Hosts = ["hooks.pay.example"],
            Owner = new RouteOwner("argocd", "payments-prod", false, "Argo CD writes this object back within minutes: change it in Git."),
            Policy = new RoutePolicy(null, null, null, null),
        },
    ];

    public static MtlsView Mtls { get; } = new(
        7,
        Now,
        60,
        Coverage,
        [
            new NamespaceCoverage(Cluster, "batch", new MtlsCoverage { Message = "No inbound traffic." }, "PERMISSIVE", [new WorkloadCoverage(Workload("batch", "nightly-export"), "nightly-export", new MtlsCoverage { Message = "No inbound traffic." }, "PERMISSIVE", false)]),
            new NamespaceCoverage(Cluster, "payments", Coverage, "PERMISSIVE",
            [
                new WorkloadCoverage(Workload("payments", "card-processor-v1"), "card-processor-v1", new MtlsCoverage { Requests = 1, MutualRequestsPerSecond = 90 }, "STRICT", true),
                new WorkloadCoverage(Workload("payments", "ledger"), "ledger", new MtlsCoverage { Requests = 0.96, MutualRequestsPerSecond = 50, PlaintextRequestsPerSecond = 2 }, "PERMISSIVE", true),
            ]),
        ],
        [
            new PlaintextEdge($"{Cluster}/unknown/unknown/unknown", Workload("payments", "ledger"), "grpc", 2, null, "The caller has no proxy.", "Give the caller a sidecar, then set STRICT on payments."),
            new PlaintextEdge(Workload("batch", "nightly-export"), Workload("payments", "settlement"), "tcp", null, 0.02, "The caller has no proxy.", "Label namespace batch with istio-injection=enabled and restart nightly-export."),
        ]);

    public static ImmutableArray<EffectivePolicy> Policies { get; } =
    [
        new(Workload("batch", "nightly-export"), null, "PERMISSIVE", null, []),
        new(Workload("payments", "card-processor-v1"), null, "STRICT", new ObjectReference("PeerAuthentication", "payments", "card-processor"), []),
        new(Workload("payments", "card-processor-v1"), 9091, "DISABLE", new ObjectReference("PeerAuthentication", "payments", "card-processor"), ["Port 9091 is not a port of any pod."]),
        new(Workload("payments", "ledger"), null, "PERMISSIVE", new ObjectReference("PeerAuthentication", "istio-system", "default"), []),
    ];

    public static ImmutableArray<HopLatency> Hops { get; } =
    [
        new(Workload("payments", "payment-api"), Workload("payments", "card-processor-v1"), "http", 90, new LatencyMs(10, 8, 20, 35, 48), new LatencyMs(11.2, 9, 21.5, 37, 50), new HopOverhead(1.2, true, null, 1), 25, Now.AddSeconds(-40)),
        new(Workload("payments", "payment-api"), Workload("payments", "card-processor-v2"), "http", 10, new LatencyMs(180, 120, 300, 420, 480), new LatencyMs(184, 121, 302, 425, 490), new HopOverhead(4, false, "The callee saw 6 % more requests than the caller sent: retries blur the difference.", 1.06), 250, Now.AddSeconds(-40)),
        new(Workload("payments", "ledger"), Workload("payments", "postgres"), "http", 50, new LatencyMs(5, 4, 8, 9, 12), new LatencyMs(4.9, 4, 8, 9, 12), new HopOverhead(-0.1, false, "Smaller than the resolution of the measurement.", 1), 5, Now.AddSeconds(-40)),
        new($"{Cluster}/unknown/unknown/unknown", Workload("payments", "ledger"), "grpc", 2, new LatencyMs(5, null, null, null, null), null, new HopOverhead(null, false, "The caller has no proxy, so only the callee measures.", null), null, null),
    ];

    public static TopologyView Topology { get; } = new(
        7,
        Now,
        60,
        [
            Node(NodeKind.Gateway, "istio-system", "istio-ingressgateway", Health.Healthy, 100, 0.002),
            Node(NodeKind.Workload, "payments", "card-processor-v1", Health.Healthy, 90, 0, "card-processor", "v1"),
            Node(NodeKind.Workload, "payments", "card-processor-v2", Health.Failing, 10, 0.1, "card-processor", "v2") with { Reasons = ["10 % of requests fail: 503 at 1 /s"] },
            Node(NodeKind.Workload, "payments", "ledger", Health.Degraded, 52, 0.001) with { Reasons = ["1 of 2 pods is ready"], ReadyReplicas = 1, DesiredReplicas = 2 },
            Node(NodeKind.Workload, "payments", "payment-api", Health.Healthy, 100, 0),
            Node(NodeKind.Workload, "payments", "settlement", Health.Idle, 0, null) with { Reasons = ["no traffic in the window"] },
            new() { Id = $"{Cluster}/unknown/unknown/unknown", Kind = NodeKind.Unknown, Cluster = Cluster, Namespace = "unknown", Name = "unknown", Health = Health.Unknown, Reasons = ["callers without a proxy cannot be told apart"] },
        ],
        [
            EdgeOf(Id(NodeKind.Gateway, "istio-system", "istio-ingressgateway"), Workload("payments", "payment-api"), "http", 100, 0.002, MutualTlsState.Mutual, Health.Healthy),
            EdgeOf(Workload("payments", "payment-api"), Workload("payments", "card-processor-v1"), "http", 90, 0, MutualTlsState.Mutual, Health.Healthy),
            EdgeOf(Workload("payments", "payment-api"), Workload("payments", "card-processor-v2"), "http", 10, 0.1, MutualTlsState.Mutual, Health.Failing),
            EdgeOf(Workload("payments", "payment-api"), Workload("payments", "ledger"), "grpc", 50, 0.001, MutualTlsState.Mutual, Health.Healthy),
            EdgeOf($"{Cluster}/unknown/unknown/unknown", Workload("payments", "ledger"), "grpc", 2, 0, MutualTlsState.Plaintext, Health.Healthy) with { ReportedBy = "destination", ClientLatencyMs = null },
        ]);

    public static OverviewView Overview { get; } = new(
        7,
        Now,
        new GoldenSignals(0.9871, 100, 480, 61.3, 0.016, "at the gateway istio-ingressgateway"),
        Coverage,
        [Routes[1]],
        [.. Certificates.Where(certificate => certificate.NotAfter is not null).OrderBy(certificate => certificate.NotAfter).Take(5)],
        new ControlPlaneSummary("healthy", ["1 of 1 replica is ready and no configuration is rejected."], "1.30.3", 1, 1, 46, 0.12, 0));

    /// <summary>A snapshot with this mesh's objects and every source live.</summary>
    public static MeshSnapshot Snapshot(long revision = 7, params SourceStatus[] sources) => new(revision, Now,
    [
        SampleMesh.PaymentsCluster() with
        {
            Sources = sources.Length > 0 ? [.. sources] :
            [
                Source("kubernetes/pods"), Source("kubernetes/peerauthentications"), Source("kubernetes/secrets"), Source("kubernetes/services"), Source("kubernetes/virtualservices"),
                Source("prometheus/latency"), Source("prometheus/requests"),
            ],
        },
    ]);

    public static SourceStatus Source(string name, SourceState state = SourceState.Live, double ageSeconds = 4, string? message = null) => new(
        name,
        state,
        Now.AddMinutes(-10),
        state is SourceState.Live or SourceState.Stale ? Now.AddSeconds(-ageSeconds) : null,
        message,
        state == SourceState.Live ? 23 : null,
        state == SourceState.Live ? new SourceCost(TimeSpan.FromMilliseconds(38), 120_000) : null);

    public static string Workload(string @namespace, string name) => Id(NodeKind.Workload, @namespace, name);

    private static string Id(NodeKind kind, string @namespace, string name) => new NodeId(Cluster, @namespace, kind, name).ToString();

    private static CertificateView Certificate(string id, CertificateKind kind, string subject, CertificateState state, double daysSpent, double daysLeft, double? renewsAt, string message) => new()
    {
        Id = $"{Cluster}/{id}",
        Cluster = Cluster,
        Kind = kind,
        Subject = subject,
        Source = "metric istio_agent_cert_expiry_seconds",
        NotBefore = Now.AddDays(-daysSpent),
        NotAfter = Now.AddDays(daysLeft),
        RemainingSeconds = daysLeft * 86400,
        LifeLeft = Math.Max(0, daysLeft / (daysSpent + daysLeft)),
        RenewsAtLifeLeft = renewsAt,
        State = state,
        Message = message,
    };

    private static RouteBackend Backend(string subset, int weight, double share, double? observed, RouteLive? live = null) =>
        new("card-processor.payments.svc.cluster.local", subset, null, weight, share, observed, live, 3, 3);

    private static RouteView Route(int index, ImmutableArray<string> matches, string summary, params RouteBackend[] backends) => new(
        $"{Cluster}/payments/VirtualService/card-processor/http/{index}",
        Cluster,
        new RouteObject("networking.istio.io/v1beta1", "VirtualService", "payments", "card-processor", "uid-1", "42"),
        new RouteRule(index, null, matches),
        ["card-processor.payments.svc.cluster.local"],
        "http",
        [.. backends],
        new RouteOwner("none", null, true, null),
        summary,
        new RoutePolicy("8s", 2, "3s", "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"));

    private static TopologyNode Node(NodeKind kind, string @namespace, string name, Health health, double? rate, double? errors, string? app = null, string? version = null) => new()
    {
        Id = Id(kind, @namespace, name),
        Kind = kind,
        Cluster = Cluster,
        Namespace = @namespace,
        Name = name,
        App = app ?? name,
        Version = version,
        Mesh = DataPlane.Sidecar,
        Health = health,
        Reasons = ["all of its traffic succeeds"],
        RequestsPerSecond = rate,
        ErrorRatio = errors,
        ReadyReplicas = 2,
        DesiredReplicas = 2,
    };

    private static TopologyEdge EdgeOf(string source, string target, string protocol, double rate, double errors, MutualTlsState mtls, Health health) => new()
    {
        Source = source,
        Target = target,
        Service = $"{target.Split('/')[3]}.{target.Split('/')[1]}.svc.cluster.local",
        Protocol = protocol,
        RequestsPerSecond = rate,
        ErrorRatio = errors,
        ClientErrorRatio = 0,
        Responses = [new ResponseShare("200", "-", rate * (1 - errors)), new ResponseShare("503", "UF", rate * errors)],
        LatencyMs = new LatencyMs(10, 8, 20, 35, 48),
        ClientLatencyMs = new LatencyMs(11.2, 9, 21, 36, 50),
        OverheadMs = new OverheadMs(1.2, true, null),
        BytesPerSecond = new BytesPerSecond(12_000, 48_000),
        Mtls = new EdgeMutualTls(mtls, mtls == MutualTlsState.Mutual ? 1 : 0, mtls == MutualTlsState.Plaintext ? "The caller has no proxy." : null),
        SourcePrincipal = mtls == MutualTlsState.Mutual ? "spiffe://cluster.local/ns/payments/sa/payment-api" : null,
        ReportedBy = "both",
        Health = health,
    };
}
