using System.Collections.Immutable;

namespace MeshConsole.Simulator.Blueprints;

/// <summary>
/// The payments mesh: a card-payment platform of 23 services in five namespaces behind one gateway. Two pods per workload
/// throughout, so that both ends of an edge see the same requests in the same order.
/// </summary>
internal static class PaymentsMesh
{
    public const string Gateway = "istio-ingress/istio-ingressgateway";

    private const string PayHost = "pay.example";
    private const string MerchantsHost = "merchants.pay.example";

    private static readonly DailyRun s_nightly = new(new TimeOnly(2, 0), TimeSpan.FromMinutes(12));

    public static MeshBlueprint Create() => new()
    {
        Name = "payments",
        Namespaces =
        [
            new("default", false), new("kube-system", false), new("istio-system", false), new("istio-ingress", true),
            new("payments", true), new("risk", true), new("finance", true), new("merchants", true), new("platform", true),
            new("batch", false),
        ],
        Services = Services,
        Workloads = Workloads,
        Externals =
        [
            new("payments", "acquirer", "acquirer.example", new(165, 0.45)) { Answers = [new(503, 0.0004)] },
            new("payments", "newpay", "newpay.example", new(120, 0.35)) { Answers = [new(503, 0.003)] },
            new("merchants", "merchant-hooks", "hooks.merchant.example", new(190, 0.9)) { Answers = [new(500, 0.002), new(404, 0.01)] },
        ],
        Demands =
        [
            new(Gateway, At(PayHost, "POST", "/v1/payments"), 46, 0.16) { AbandonRatio = 0.0006 },
            new(Gateway, At(PayHost, "GET", "/v1/payments"), 34, 0.22),
            new(Gateway, At(PayHost, "POST", "/checkout"), 38, 0),
            new(Gateway, At(PayHost, "POST", "/v1/refunds"), 5, 0.2),
            new(Gateway, At(MerchantsHost, "GET", "/"), 17, 0.35),
            new("batch/legacy-batch", Http("settlement.finance", 1), 2.5, 0) { Daily = false },

            // CronJob nightly-settlement: to whoever it calls it is one more caller without identity.
            new("batch/legacy-batch", Http("settlement.finance", 1, path: "/close"), 9, 0) { Daily = false, Run = s_nightly },
            new("finance/reconciliation", Grpc("ledger.finance", 1), 3, 0) { Daily = false },
            new("finance/reconciliation", Http("settlement.finance", 1), 0.8, 0) { Daily = false },
            new("finance/reconciliation", Tcp("postgres.finance", 1), 3, 0) { Daily = false },
            new("merchants/webhook-dispatch", new("hooks.merchant.example", 1) { Async = true, Path = "/events" }, 16, 0.2),
            new("merchants/webhook-dispatch", Tcp("event-bus.platform", 1), 16, 0.2),
        ],
        CronJobs =
        [
            new("batch", "nightly-settlement", s_nightly, ("SETTLEMENT_URL", "http://settlement.finance.svc.cluster.local/close")),
            new("batch", "report-export", null, ("REPORT_BUCKET", "s3-exports/payments")),
        ],
        Objects = PaymentsObjects.Create(),
        Nodes = 4,
        Cast = new(
            Canary: "payments/card-processor-v2", CanaryRoute: "payments/card-processor", Stable: "v1-stable", Retried: "finance/ledger", RetriedRoute: "finance/ledger",
            NotRenewing: "risk/fraud-engine", PlaintextTarget: "token-vault.payments.svc.cluster.local", PlaintextNamespace: "batch"),
    };

    private static ImmutableArray<ServiceBlueprint> Services =>
    [
        new("payments", "payment-api", TrafficProtocol.Http, 80, 8080),
        new("payments", "checkout", TrafficProtocol.Http, 80, 8080),
        new("payments", "card-processor", TrafficProtocol.Http, 8080, 8080),
        new("payments", "refunds", TrafficProtocol.Http, 80, 8080),
        new("payments", "token-vault", TrafficProtocol.Grpc, 9090, 9090),
        new("payments", "three-ds", TrafficProtocol.Http, 80, 8080),
        new("payments", "payment-cache", TrafficProtocol.Tcp, 6379, 6379),
        new("risk", "fraud-engine", TrafficProtocol.Grpc, 9090, 9090),
        new("risk", "risk-rules", TrafficProtocol.Grpc, 9090, 9090),
        new("risk", "device-intel", TrafficProtocol.Http, 80, 8080),
        new("risk", "sanctions", TrafficProtocol.Http, 80, 8080),
        new("finance", "ledger", TrafficProtocol.Grpc, 9090, 9090),
        new("finance", "settlement", TrafficProtocol.Http, 80, 8080),
        new("finance", "reconciliation", TrafficProtocol.Http, 80, 8080),
        new("finance", "payouts", TrafficProtocol.Http, 80, 8080),
        new("finance", "fx-rates", TrafficProtocol.Http, 80, 8080),
        new("finance", "postgres", TrafficProtocol.Tcp, 5432, 5432) { Headless = true },
        new("merchants", "merchant-api", TrafficProtocol.Http, 80, 8080),
        new("merchants", "merchant-config", TrafficProtocol.Http, 80, 8080),
        new("merchants", "webhook-dispatch", TrafficProtocol.Http, 80, 8080),
        new("merchants", "notifications", TrafficProtocol.Http, 80, 8080),
        new("platform", "audit-log", TrafficProtocol.Http, 80, 8080),
        new("platform", "event-bus", TrafficProtocol.Tcp, 9092, 9092),
        new("istio-ingress", "istio-ingressgateway", TrafficProtocol.Http, 443, 8443),
    ];

    private static ImmutableArray<WorkloadBlueprint> Workloads =>
    [
        new("istio-ingress", "istio-ingressgateway", "istio-ingressgateway", "1.30.3")
        {
            Proxy = ProxyKind.Gateway, ClassifiesRequests = true, ServiceAccount = "istio-ingressgateway", Port = 8443, Latency = new(0.4, 0.3),
        },
        Program("payments", "payment-api", 7, 0.5) with
        {
            Answers = [new(422, 0.012)], DependencyFailureStatus = 502, CapacityPerPod = 190, Proxy = ProxyKind.NativeSidecar,
            Calls =
            [
                Http("merchant-config.merchants", 0.5, "GET"),
                Grpc("fraud-engine.risk", 0.62),
                Grpc("token-vault.payments", 0.62),
                Http("card-processor.payments", 0.58, path: "/authorizations"),
                Grpc("ledger.finance", 0.58),
                Tcp("payment-cache.payments", 1),
                Tcp("event-bus.platform", 0.6),
                Http("audit-log.platform", 0.6) with { Async = true },
            ],
        },
        Program("payments", "checkout", 10, 0.5) with
        {
            Proxy = ProxyKind.NativeSidecar, CapacityPerPod = 140,
            Calls =
            [
                Http("merchant-config.merchants", 0.7, "GET"),
                Grpc("token-vault.payments", 0.55),
                Http("three-ds.payments", 0.3),
                Http("payment-api.payments", 0.5, path: "/v1/payments"),
                Tcp("payment-cache.payments", 1.5),
            ],
        },
        Program("payments", "card-processor", 5, 0.5) with
        {
            Name = "card-processor-v1", Answers = [new(402, 0.03)], DependencyFailureStatus = 502, CapacityPerPod = 150,
            Calls = [Grpc("token-vault.payments", 1), new("acquirer.example", 1) { Path = "/iso8583" }],
        },
        Program("payments", "card-processor", 4, 0.5) with
        {
            Name = "card-processor-v2", Version = "v2", Answers = [new(402, 0.028)], DependencyFailureStatus = 502, CapacityPerPod = 150,
            Proxy = ProxyKind.NativeSidecar,
            Calls = [Grpc("token-vault.payments", 1), new("newpay.example", 1) { Path = "/v2/charges" }],
        },
        Program("payments", "refunds", 8, 0.5) with
        {
            CapacityPerPod = 60,
            Calls =
            [
                Grpc("ledger.finance", 1), Http("card-processor.payments", 0.9, path: "/refunds"),
                Http("notifications.merchants", 1) with { Async = true }, Http("audit-log.platform", 1) with { Async = true },
            ],
        },
        Program("payments", "token-vault", 2.6, 0.5) with
        {
            Port = 9090, Proxy = ProxyKind.NativeSidecar, CapacityPerPod = 500, RequestBytes = 420, ResponseBytes = 380,
            Calls = [Http("audit-log.platform", 0.1) with { Async = true }],
        },
        Program("payments", "three-ds", 32, 0.7) with { CapacityPerPod = 70, Calls = [Http("device-intel.risk", 0.5)] },
        Program("payments", "payment-cache", 0.4, 0.4) with { Port = 6379, CapacityPerPod = 20_000, RequestBytes = 140, ResponseBytes = 620 },
        Program("risk", "fraud-engine", 13, 0.6) with
        {
            Port = 9090, CapacityPerPod = 160,
            Calls = [Grpc("risk-rules.risk", 1), Http("device-intel.risk", 0.6), Http("sanctions.risk", 0.3)],
        },
        Program("risk", "risk-rules", 4, 0.5) with { Port = 9090, CapacityPerPod = 220, Calls = [Http("merchant-config.merchants", 0.2, "GET")] },
        Program("risk", "device-intel", 6.5, 0.6) with { CapacityPerPod = 160 },
        Program("risk", "sanctions", 5.5, 0.5) with { CapacityPerPod = 90 },
        Program("finance", "ledger", 5.5, 0.5) with
        {
            Port = 9090, CapacityPerPod = 230, Proxy = ProxyKind.NativeSidecar,
            Calls = [Http("fx-rates.finance", 0.15, "GET"), Tcp("postgres.finance", 2), Tcp("event-bus.platform", 1)],
        },
        Program("finance", "settlement", 14, 0.6) with
        {
            CapacityPerPod = 40,
            Calls =
            [
                Grpc("ledger.finance", 2), Http("fx-rates.finance", 0.5, "GET"), Http("payouts.finance", 0.3), Tcp("postgres.finance", 3),
            ],
        },
        Program("finance", "reconciliation", 22, 0.6) with
        {
            CapacityPerPod = 30,
            PodAnnotations = ImmutableDictionary<string, string>.Empty.Add("traffic.sidecar.istio.io/excludeOutboundPorts", "5432"),
        },
        Program("finance", "payouts", 9, 0.5) with
        {
            CapacityPerPod = 40,
            Calls = [Grpc("ledger.finance", 1), Http("sanctions.risk", 0.5), Http("notifications.merchants", 0.4) with { Async = true }],
        },
        Program("finance", "fx-rates", 2.4, 0.5) with { CapacityPerPod = 300 },
        Program("finance", "postgres", 1.2, 0.6) with { Port = 5432, CapacityPerPod = 20_000, RequestBytes = 520, ResponseBytes = 2_600 },
        Program("merchants", "merchant-api", 8, 0.5) with
        {
            Answers = [new(404, 0.006)], CapacityPerPod = 60,
            Calls =
            [
                Http("merchant-config.merchants", 1, "GET"), Http("settlement.finance", 0.12, "GET"), Http("reconciliation.finance", 0.05, "GET"),
                Http("notifications.merchants", 0.3) with { Async = true },
            ],
        },
        Program("merchants", "merchant-config", 2.8, 0.5) with { Answers = [new(404, 0.004)], CapacityPerPod = 420, Proxy = ProxyKind.NativeSidecar },
        Program("merchants", "webhook-dispatch", 4.5, 0.5) with
        {
            CapacityPerPod = 120, Calls = [new("hooks.merchant.example", 1) { Async = true, Path = "/events" }, Http("merchant-config.merchants", 0.3, "GET")],
        },
        Program("merchants", "notifications", 6, 0.5) with { CapacityPerPod = 80, Calls = [Tcp("event-bus.platform", 1)] },
        Program("platform", "audit-log", 3.5, 0.5) with { CapacityPerPod = 300, Calls = [Tcp("event-bus.platform", 1)] },
        Program("platform", "event-bus", 0.8, 0.5) with { Port = 9092, CapacityPerPod = 20_000, RequestBytes = 1_100, ResponseBytes = 60 },
        Program("batch", "legacy-batch", 20, 0.4) with { Name = "legacy-batch", Replicas = 1, Proxy = ProxyKind.None },
    ];

    /// <summary>A workload of one version is named like its app with <c>-v1</c> behind.</summary>
    private static WorkloadBlueprint Program(string ns, string app, double meanMs, double variation) =>
        new(ns, app, app, "v1") { Latency = new(meanMs, variation) };

    private static CallBlueprint At(string host, string method, string path) => new(host, 1) { Method = method, Path = path };

    private static CallBlueprint Http(string service, double perRequest, string method = "POST", string path = "/") =>
        new(service + ".svc.cluster.local", perRequest) { Method = method, Path = path };

    private static CallBlueprint Grpc(string service, double perRequest) => new(service + ".svc.cluster.local", perRequest);

    private static CallBlueprint Tcp(string service, double perRequest) => new(service + ".svc.cluster.local", perRequest);
}
