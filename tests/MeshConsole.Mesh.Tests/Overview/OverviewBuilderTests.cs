using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Certificates;

namespace MeshConsole.Mesh.Tests.Overview;

public sealed class OverviewBuilderTests
{
    private static readonly Workload s_gateway = Given.Workload("ingress", "infra", labels: "istio=ingress", gateway: true);
    private static readonly ImmutableArray<SourceStatus> s_live =
    [
        new("kubernetes/pods", SourceState.Live, Given.Now, Given.Now, null),
        new("prometheus/requests", SourceState.Live, Given.Now, Given.Now, null),
    ];

    [Fact]
    public void Signals_AreThoseOfTheGateways()
    {
        // 95 good, 3 refused and 2 failed of 100 at the gateway; the mesh behind it is not counted again.
        var view = Build(Healthy(edges:
        [
            Given.Edge("ingress", "api", sourceNamespace: "infra", fromSource: Given.Http(ok: 95, refused: 3, failed: 2, durations: new Histogram([10, 100, double.PositiveInfinity], [90, 100, 100])) with { DurationSum = 1200, DurationCount = 100 }, fromDestination: Given.Http(mutual: 60, plaintext: 20)),
            Given.Edge("api", "ledger", fromSource: Given.Http(ok: 400), fromDestination: Given.Http(mutual: 20)),
        ]));
        view.Signals.RequestsPerSecond.ShouldBe(100);
        view.Signals.SuccessRatio!.Value.ShouldBe(0.98, 1e-12);
        view.Signals.P99Ms!.Value.ShouldBe(91, 1e-9); // rank 99: nine tenths of the way from 10 to 100
        view.Signals.MeanMs.ShouldBe(12);
        view.Signals.PlaintextRatio!.Value.ShouldBe(0.2, 1e-12);
        view.Signals.Scope.ShouldBe("at gateway ingress");
        view.Coverage.Requests!.Value.ShouldBe(0.8, 1e-12);
        view.Revision.ShouldBe(42);
        view.ObservedAt.ShouldBe(Given.Now);
    }

    [Fact]
    public void Signals_NoGatewayTraffic_AreOverAllEdges()
    {
        var signals = Build(Healthy(edges: [Given.Edge("api", "ledger", fromSource: Given.Http(ok: 3)), Given.Edge("bare", "ledger", fromDestination: Given.Http(ok: 1))])).Signals;
        signals.RequestsPerSecond.ShouldBe(4);
        signals.SuccessRatio.ShouldBe(1);
        signals.P99Ms.ShouldBeNull();
        signals.MeanMs.ShouldBeNull();
        signals.PlaintextRatio.ShouldBeNull();
        signals.Scope.ShouldBe("over all edges, as callers see them");
    }

    [Fact]
    public void Signals_NoTraffic_IsZeroAndTelemetryMissingIsNull()
    {
        Build(Healthy()).Signals.ShouldBe(new GoldenSignals(null, 0, null, null, null, "no requests in the window"));
        var blind = Build(Healthy() with { Telemetry = null, Edges = [] }).Signals;
        blind.RequestsPerSecond.ShouldBeNull();
        blind.SuccessRatio.ShouldBeNull();
        blind.Scope.ShouldStartWith("Telemetry of cluster test is not known");
    }

    [Fact]
    public void ControlPlane_AllReady_IsHealthyWithItsNumbers()
    {
        var summary = Build(Healthy(Istiod(2, 2), controlPlane:
        [
            new("pilot_xds", Given.Labels("version=1.30.3"), 20),
            new("pilot_xds", Given.Labels("version=1.30.2"), 3),
            new("pilot_info", Given.Labels("version=1.30.3-abc-Clean"), 1),
            new("pilot_proxy_convergence_time_p99", Given.Labels(), 0.4),
            new("pilot_total_xds_rejects", Given.Labels("type=cds"), 0),
        ])).ControlPlane;
        summary.State.ShouldBe("healthy");
        summary.Reasons.ShouldBe(["istiod: 2 of 2 replicas ready.", "23 proxies are connected."]);
        (summary.Version, summary.ReadyReplicas, summary.DesiredReplicas, summary.ConnectedProxies, summary.ConvergenceP99Seconds, summary.RejectsPerSecond)
            .ShouldBe(("1.30.3-abc-Clean", 2, 2, 23, 0.4, 0));
    }

    [Theory]
    [InlineData(0, 2, null, null, "failing", "No replica of istiod is ready")]
    [InlineData(0, 0, null, null, "failing", "istiod is scaled to zero")]
    [InlineData(1, 2, null, null, "degraded", "istiod: 1 of 2 replicas ready.")]
    [InlineData(2, 2, 0.5, null, "degraded", "Proxies refuse configuration (0.5 rejects/s).")]
    [InlineData(2, 2, null, 12.0, "degraded", "A change takes 12\u2009s to reach the proxies")]
    public void ControlPlane_Trouble_IsJudged(int ready, int desired, double? rejects, double? convergence, string state, string reason)
    {
        var samples = ImmutableArray.CreateBuilder<ControlPlaneSample>();
        if (rejects is { } rate)
        {
            samples.Add(new("pilot_total_xds_rejects", Given.Labels("type=cds"), rate));
        }

        if (convergence is { } seconds)
        {
            samples.Add(new("pilot_proxy_convergence_time_p99", Given.Labels(), seconds));
        }

        var view = Build(Healthy(Istiod(ready, desired), controlPlane: samples.ToImmutable()));
        view.ControlPlane.State.ShouldBe(state);
        view.ControlPlane.Reasons[0].ShouldStartWith(reason);
    }

    [Fact]
    public void ControlPlane_NothingVisible_IsUnknown()
    {
        var view = Build(Healthy());
        view.ControlPlane.State.ShouldBe("unknown");
        view.ControlPlane.Reasons.ShouldHaveSingleItem().ShouldStartWith("No Deployment of istiod is visible");
        Build(Healthy(Given.NoObjects with { Deployments = default })).ControlPlane.Reasons[0].ShouldStartWith("Deployments are not known");
        var nan = Build(Healthy(controlPlane: [new("pilot_proxy_convergence_time_p99", Given.Labels(), double.NaN)])).ControlPlane;
        nan.ConvergenceP99Seconds.ShouldBeNull();
    }

    [Fact]
    public void Canaries_AreTheDividedRules()
    {
        var objects = Given.NoObjects with { VirtualServices = [Given.Object("VirtualService", "card", """{"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":90},{"destination":{"host":"card","subset":"v2"},"weight":10}]}]}""")] };
        Build(Healthy(objects)).Canaries.ShouldHaveSingleItem().Id.ShouldBe("test/payments/VirtualService/card/http/0");
    }

    [Fact]
    public void NextExpiries_CertificateOfTwoRows_IsListedOnce()
    {
        var objects = Given.NoObjects with
        {
            Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [Issued.Days("CN=pay.example", 85, 5)]))],
            Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["pay.example"],"tls":{"credentialName":"pay"}}]}""")],
            Certificates = [Given.Object("Certificate", "pay", """{"secretName":"pay"}""", "infra", status: """{"notBefore":"2025-12-06T02:10:00Z","notAfter":"2026-03-06T02:10:00Z","renewalTime":"2026-02-04T02:10:00Z"}""")],
        };
        Build(Healthy(objects, [s_gateway])).NextExpiries.Count(c => c.Kind is CertificateKind.Gateway or CertificateKind.CertManager).ShouldBe(1);
    }

    [Fact]
    public void Canaries_WholeRules_AreNone()
    {
        var objects = Given.NoObjects with { VirtualServices = [Given.Object("VirtualService", "card", """{"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":100},{"destination":{"host":"card","subset":"v2"},"weight":0}]},{"route":[{"destination":{"host":"card"}}]}]}""")] };
        Build(Healthy(objects)).Canaries.ShouldBeEmpty();
    }

    [Fact]
    public void NextExpiries_WorkloadsInGoodOrder_DoNotDrownTheOthers()
    {
        var workloads = Enumerable.Range(1, 8).Select(i => Given.Workload($"w{i}")).ToArray();
        var samples = workloads.SelectMany((w, i) => w.Pods.Select(p => new ProxyCertificateSample("payments", p.Meta.Name, "default", (i == 7 ? 9 : 20) * 3600, Given.Now)));
        var objects = Given.NoObjects with { RootConfigMaps = [Issued.RootMap("payments", Issued.Days("O=root", 1, 3000))] };
        var next = Build(Healthy(objects, workloads, certificates: [.. samples])).NextExpiries;
        next.Length.ShouldBe(6);
        (next[0].State, next[0].Kind).ShouldBe((CertificateState.Late, CertificateKind.Workload));
        next[1].Kind.ShouldBe(CertificateKind.Root);
        next.Skip(2).ShouldAllBe(c => c.Kind == CertificateKind.Workload && c.State == CertificateState.Valid);
    }

    [Fact]
    public void Build_NothingKnown_DoesNotClaimHealth()
    {
        var view = OverviewBuilder.Build(MeshSnapshot.Empty, MeshQuery.All, CertificateThresholds.Default);
        view.Signals.RequestsPerSecond.ShouldBeNull();
        view.ControlPlane.State.ShouldBe("unknown");
        view.Coverage.Message.ShouldNotBeNull();
        Should.NotThrow(() => Build(Given.ClusterOf(new ClusterObjects(), telemetry: false)));
    }

    private static ClusterObjects Istiod(int ready, int desired) =>
        Given.NoObjects with { Deployments = [new Controller(Given.Meta("istiod", "istio-system"), "Deployment", desired, ready, ready), new Controller(Given.Meta("api"), "Deployment", 5, 0, 0)] };

    private static ClusterSnapshot Healthy(
        ClusterObjects? objects = null,
        IEnumerable<Workload>? workloads = null,
        IEnumerable<Edge>? edges = null,
        IEnumerable<Service>? services = null,
        ImmutableArray<ProxyCertificateSample>? certificates = null,
        ImmutableArray<ControlPlaneSample>? controlPlane = null) =>
        Given.ClusterOf(objects, workloads ?? [s_gateway], services, edges, sources: s_live, proxyCertificates: certificates ?? [new("infra", "ingress-a", "default", 80000, Given.Now), new("infra", "ingress-b", "default", 80000, Given.Now)], controlPlane: controlPlane);

    private static OverviewView Build(ClusterSnapshot cluster) => OverviewBuilder.Build(Given.Snapshot(cluster), MeshQuery.All, CertificateThresholds.Default);
}
