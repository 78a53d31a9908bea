using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Mtls;

public sealed class MtlsCoverageBuilderTests
{
    [Fact]
    public void Coverage_OfDestinationSeries_CountsUnknownInTheWhole()
    {
        // ledger: 70 mutual + 20 plaintext; card: 5 mutual + 5 unknown → 75 of 100 requests, no workload all mutual but web's 0.
        var view = Build(
            Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 70)),
            Given.Edge("unknown", "ledger", fromDestination: Given.Http(plaintext: 20)),
            Given.Edge("api", "card", fromDestination: Given.Http(mutual: 5, unknown: 5)),
            Given.Edge("ledger", "db", fromDestination: Given.Tcp(mutual: 3), protocol: "tcp"));

        view.Coverage.Requests!.Value.ShouldBe(0.75, 1e-12);
        view.Coverage.Connections.ShouldBe(1);
        view.Coverage.Edges!.Value.ShouldBe(2 / 4.0, 1e-12); // api→ledger and ledger→db
        view.Coverage.Workloads!.Value.ShouldBe(1 / 3.0, 1e-12); // db
        view.Coverage.MutualRequestsPerSecond.ShouldBe(75);
        view.Coverage.PlaintextRequestsPerSecond.ShouldBe(20);
        view.Coverage.UnknownRequestsPerSecond.ShouldBe(5);
        view.Coverage.Message.ShouldBeNull();
        view.Window.ShouldBe(60);
        view.Revision.ShouldBe(42);
        view.Plaintext.Select(p => (p.Source, p.Target, p.RequestsPerSecond)).ShouldBe([("test/unknown/unknown/unknown", "test/payments/workload/ledger", 20d)]);
    }

    [Fact]
    public void Coverage_SourceReports_AreNeverCounted()
    {
        var view = Build(
            Given.Edge("api", "ledger", fromSource: Given.Http(unknown: 1000), fromDestination: Given.Http(mutual: 10)),
            Given.Edge("api", "bare", fromSource: Given.Http(unknown: 50)));
        view.Coverage.Requests.ShouldBe(1);
        view.Coverage.Edges.ShouldBe(1);
        view.Coverage.UnknownRequestsPerSecond.ShouldBe(0);
    }

    [Fact]
    public void Coverage_WaypointAndDestinationOfOneEdge_AreNotAddedUp()
    {
        var view = Build(
            Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 10)) with { FromWaypoint = Given.Http(mutual: 10) },
            Given.Edge("api", "card") with { FromWaypoint = Given.Http(mutual: 6, plaintext: 4) });
        view.Coverage.MutualRequestsPerSecond.ShouldBe(16);
        view.Coverage.Requests!.Value.ShouldBe(0.8, 1e-12);
    }

    [Fact]
    public void Coverage_Classes_AddUpToTheWhole()
    {
        var coverage = Build(
            Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 70)),
            Given.Edge("unknown", "ledger", fromDestination: Given.Http(plaintext: 20)),
            Given.Edge("api", "card", fromDestination: Given.Http(mutual: 5, unknown: 5)),
            Given.Edge("ledger", "db", fromDestination: Given.Tcp(mutual: 3, plaintext: 1), protocol: "tcp"),
            Given.Edge("api", "web", fromDestination: Given.Http(mutual: 1))).Coverage;

        coverage.RequestClasses.ShouldBe(new SecuritySplit(76, 20, 5));
        coverage.ConnectionClasses.ShouldBe(new SecuritySplit(3, 1, 0));
        coverage.WorkloadClasses.ShouldBe(new SecuritySplit(1, 2, 1)); // web; ledger and db; card
        coverage.EdgeClasses.ShouldBe(new SecuritySplit(2, 2, 1));
    }

    [Fact]
    public void Coverage_ConnectionsOlderThanTheWindow_CountAsBytesOnly()
    {
        var old = new ReporterTraffic { ConnectionsPerSecond = 0, ByteSecurity = new SecuritySplit(0, 900, 0) };
        var fresh = Given.Tcp(mutual: 2) with { ByteSecurity = new SecuritySplit(100, 0, 0) };
        var view = Build(
            Given.Edge("api", "db", fromDestination: old, protocol: "tcp"),
            Given.Edge("ledger", "db", fromDestination: fresh, protocol: "tcp"));

        view.Coverage.Connections.ShouldBe(1, "of those that were opened");
        view.Coverage.Bytes.ShouldBe(0.1);
        view.Coverage.LongLivedEdges.ShouldBe(1);
        view.Coverage.EdgeClasses.ShouldBe(new SecuritySplit(1, 1, 0));
        view.Coverage.WorkloadClasses.ShouldBe(new SecuritySplit(0, 1, 0));
        var edge = view.Plaintext.ShouldHaveSingleItem();
        (edge.ConnectionsPerSecond, edge.BytesPerSecond).ShouldBe((0, 900));
    }

    [Fact]
    public void Unknown_EdgesNobodyCanTell_AreListedWithTheirReason()
    {
        var bare = Given.Workload("bare", plane: DataPlane.None);
        var cluster = Given.ClusterOf(
            workloads: [Given.Workload("api"), Given.Workload("card"), Given.Workload("silent"), bare, Given.Workload("past", pods: [Given.Pod("past-a", annotations: "traffic.sidecar.istio.io/excludeInboundPorts=8080")])],
            services: [Given.Service("bare"), Given.Service("past"), Given.Service("silent")],
            edges:
            [
                Given.Edge("api", "card", fromDestination: Given.Http(mutual: 5, unknown: 2)),
                Given.Edge("api", "bare", fromSource: Given.Http(ok: 3, unknown: 3)),
                Given.Edge("api", "past", fromSource: Given.Http(ok: 4, unknown: 4)),
                Given.Edge("api", "silent", fromSource: Given.Http(ok: 5, unknown: 5)),
                Given.Edge("api", "unknown", fromSource: Given.Http(ok: 6, unknown: 6), host: "PassthroughCluster", targetNamespace: "unknown"),
                Given.Edge("api", "unknown", fromSource: Given.Http(ok: 7, unknown: 7), host: "acquirer.example", targetNamespace: "unknown"),
                Given.Edge("api", "silent", fromSource: Given.Http(failed: 1), protocol: "grpc"),
            ]);

        var view = MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.All);

        view.Plaintext.ShouldBeEmpty();
        view.Unknown.Select(edge => (edge.Target.Split('/')[^1], edge.Cause, edge.RequestsPerSecond)).ShouldBe(
        [
            ("PassthroughCluster", "passthrough", 6d),
            ("bare", "callee-without-proxy", 3d),
            ("card", "label-missing", 2d),
            ("past", "callee-port-excluded", 4d),
            ("silent", "never-arrived", 1d),
            ("silent", "not-reported", 5d),
        ], ignoreOrder: true);
        view.Unknown.ShouldAllBe(edge => edge.Reason.Length > 20 && edge.Fix.Length > 20);
        view.Coverage.UnknownRequestsPerSecond.ShouldBe(2, "what only a caller reports is in no share");
    }

    [Fact]
    public void Coverage_NoTraffic_IsNullAndSaysSo()
    {
        var coverage = Build().Coverage;
        coverage.Requests.ShouldBeNull();
        coverage.Connections.ShouldBeNull();
        coverage.Workloads.ShouldBeNull();
        coverage.Edges.ShouldBeNull();
        coverage.MutualRequestsPerSecond.ShouldBe(0);
        coverage.Message.ShouldBe("No requests arrived at a proxy in the window. No TCP connections were opened in the window.");
    }

    [Fact]
    public void Coverage_OnlyUnknown_IsNotZero()
    {
        var coverage = Build(Given.Edge("api", "ledger", fromDestination: Given.Http(unknown: 5))).Coverage;
        coverage.Requests.ShouldBeNull();
        coverage.Edges.ShouldBeNull();
        coverage.UnknownRequestsPerSecond.ShouldBe(5);
        coverage.Message!.ShouldStartWith("No proxy could tell how its requests are protected.");
    }

    [Fact]
    public void Coverage_TelemetryMissing_IsNullWithTheReason()
    {
        var cluster = Given.ClusterOf(
            workloads: [Given.Workload("ledger")],
            telemetry: false,
            sources: [new SourceStatus("prometheus/requests", SourceState.Failed, Given.Now, null, "Prometheus has not answered since 02:09 (timeout after 10 s).")]);
        var view = MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.All);
        view.Coverage.Requests.ShouldBeNull();
        view.Coverage.PlaintextRequestsPerSecond.ShouldBeNull();
        view.Coverage.Message.ShouldBe("Telemetry of cluster test is not known: Prometheus has not answered since 02:09 (timeout after 10 s).");
        view.Namespaces.ShouldHaveSingleItem().Workloads.ShouldHaveSingleItem().Coverage.Message.ShouldNotBeNull();
        view.Namespaces[0].Mode.ShouldBe("PERMISSIVE");
    }

    [Fact]
    public void Coverage_RequestQueryFailedButConnectionsKnown_OnlyRequestsAreNull()
    {
        var coverage = Build(
            Given.Edge("api", "ledger", fromDestination: new ReporterTraffic()),
            Given.Edge("ledger", "db", fromDestination: Given.Tcp(mutual: 1, plaintext: 1), protocol: "tcp")).Coverage;
        coverage.Requests.ShouldBeNull();
        coverage.MutualRequestsPerSecond.ShouldBeNull();
        coverage.Connections.ShouldBe(0.5);
        coverage.Edges.ShouldBeNull();
        coverage.Message!.ShouldStartWith("Requests in cluster test are not known");
    }

    [Fact]
    public void Coverage_RequestQueryNeverAnswered_IsNotNoTraffic()
    {
        var cluster = Given.ClusterOf(sources: [new SourceStatus("prometheus/requests", SourceState.Failed, Given.Now, null, "Too large.")]);
        MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.All).Coverage.Message!.ShouldStartWith("Requests in cluster test are not known: Too large.");
    }

    [Fact]
    public void Coverage_OneOfTwoClustersMissing_CountsTheOtherAndSaysSo()
    {
        var one = Given.ClusterOf(edges: [Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 3, plaintext: 1))]);
        var other = Given.ClusterOf(telemetry: false, name: "west");
        var coverage = MtlsCoverageBuilder.Build(Given.Snapshot(one, other), MeshQuery.All).Coverage;
        coverage.Requests.ShouldBe(0.75);
        coverage.Message!.ShouldContain("Not counted: Telemetry of cluster west is not known");
    }

    [Fact]
    public void Coverage_NoClusterYet_SaysSo() =>
        MtlsCoverageBuilder.Build(MeshSnapshot.Empty, MeshQuery.All).Coverage.Message.ShouldBe("No cluster has been read yet.");

    [Fact]
    public void Namespaces_AreOfTheCallee_InOrder_WithModesAndProxies()
    {
        var strict = Given.Object("PeerAuthentication", "default", """{"mtls":{"mode":"STRICT"}}""");
        var cluster = Given.ClusterOf(
            Given.NoObjects with { PeerAuthentications = [strict] },
            [Given.Workload("web", "front"), Given.Workload("bare", plane: DataPlane.None), Given.Workload("ledger"), Given.Workload("none", pods: [])],
            edges:
            [
                Given.Edge("web", "ledger", fromDestination: Given.Http(mutual: 1), sourceNamespace: "front"),
                Given.Edge("ledger", "gone", fromDestination: Given.Http(plaintext: 1), targetNamespace: "attic"),
            ]);
        var view = MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.All);
        view.Namespaces.Select(n => (n.Namespace, n.Coverage.Requests, n.Mode)).ShouldBe([("attic", 0d, "PERMISSIVE"), ("front", null, "PERMISSIVE"), ("payments", 1d, "STRICT")]);
        view.Namespaces[2].Workloads.Select(w => (w.Name, w.Coverage.Requests, w.Mode, w.HasProxy)).ShouldBe(
            [("bare", null, "STRICT", false), ("ledger", 1d, "STRICT", true), ("none", null, "STRICT", null)]);
        view.Namespaces[0].Workloads.Select(w => (w.Name, w.Mode, w.HasProxy)).ShouldBe([("gone", null, null)]);
    }

    [Fact]
    public void Namespaces_Filter_CountsOnlyTheirInbound()
    {
        var cluster = Given.ClusterOf(
            workloads: [Given.Workload("web", "front"), Given.Workload("ledger")],
            edges: [Given.Edge("ledger", "web", fromDestination: Given.Http(mutual: 1), targetNamespace: "front"), Given.Edge("web", "ledger", fromDestination: Given.Http(plaintext: 1), sourceNamespace: "front")]);
        var view = MtlsCoverageBuilder.Build(Given.Snapshot(cluster), MeshQuery.For(null, ["front"]));
        view.Coverage.Requests.ShouldBe(1);
        view.Namespaces.ShouldHaveSingleItem().Namespace.ShouldBe("front");
        view.Plaintext.ShouldBeEmpty();
    }

    [Fact]
    public void Plaintext_SeveralServicesOfOnePair_AreOneRow()
    {
        var view = Build(
            Given.Edge("api", "ledger", fromDestination: Given.Http(plaintext: 1), host: "a.payments.svc.cluster.local"),
            Given.Edge("api", "ledger", fromDestination: Given.Http(plaintext: 2), host: "b.payments.svc.cluster.local"),
            Given.Edge("api", "ledger", fromDestination: Given.Tcp(plaintext: 4), protocol: "tcp"));
        view.Plaintext.Select(p => (p.Protocol, p.RequestsPerSecond, p.ConnectionsPerSecond)).ShouldBe([("http", 3d, null), ("tcp", null, 4d)]);
    }

    [Fact]
    public void Coverage_LongLivedConnections_CountByTheirBytes()
    {
        var view = Build(
            Given.Edge("ledger", "db", fromDestination: new ReporterTraffic { ConnectionsPerSecond = 0, ByteSecurity = new(0, 4000, 0) }, protocol: "tcp"),
            Given.Edge("ledger", "cache", fromDestination: new ReporterTraffic { ConnectionsPerSecond = 0, ByteSecurity = new(9000, 0, 0) }, protocol: "tcp"));
        view.Coverage.Connections.ShouldBeNull();
        view.Coverage.Edges.ShouldBe(0.5);
        view.Coverage.Workloads.ShouldBe(0.5);
        view.Plaintext.ShouldHaveSingleItem().ConnectionsPerSecond.ShouldBe(0);
    }

    [Fact]
    public void Coverage_AnyTraffic_SharesAreSharesAndAgreeWithTheRawSums()
    {
        var report = Gen.Choose(0, 9).Three().Select(t => Given.Http(mutual: t.Item1, plaintext: t.Item2, unknown: t.Item3));
        var edge =
            from source in Gen.Elements("api", "web", "unknown")
            from target in Gen.Elements("ledger", "card", "web")
            from callee in report
            from told in Gen.Elements(true, false)
            select Given.Edge(source, target, fromSource: Given.Http(unknown: 100), fromDestination: told ? callee : null);
        Prop.ForAll(Gen.ListOf(edge).ToArbitrary(), edges =>
        {
            var coverage = Build([.. edges]).Coverage;
            var all = edges.Select(e => e.FromDestination?.RequestSecurity ?? SecuritySplit.None).Aggregate(SecuritySplit.None, (sum, next) => sum.Add(next));
            var expected = all.Mutual + all.Plaintext > 0 ? all.Mutual / all.Total : (double?)null;
            return coverage.Requests == expected
                && coverage.UnknownRequestsPerSecond == all.Unknown
                && coverage.Edges is null or (>= 0 and <= 1)
                && coverage.Workloads is null or (>= 0 and <= 1)
                && (coverage.Requests is null) == (coverage.Edges is null)
                && (coverage.Workloads is not 1 || coverage.Requests is 1)
                && (coverage.Requests is not 1 || coverage.Edges is 1);
        }).QuickCheckThrowOnFailure();
    }

    private static MtlsView Build(params Edge[] edges) => MtlsCoverageBuilder.Build(Given.Snapshot(Given.ClusterOf(edges: edges)), MeshQuery.All);
}
