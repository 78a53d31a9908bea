using System.Text.Json;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using static MeshConsole.Mesh.Tests.Prometheus.IstioAnswers;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class IstioFrameTests
{
    private const string NoFlags = "response_flags=-";

    [Fact]
    public void Frame_BothReporters_AreOneEdgeWithTwoSides()
    {
        var edge = Only(new IstioAnswers().With(
            SourceNames.Requests,
            Series("8", Hop("source", "api", "ledger"), "response_code=200", NoFlags, "connection_security_policy=unknown", "source_principal=unknown", "destination_principal=spiffe://cluster.local/ns/payments/sa/ledger", "source_app=api", "source_version=v1"),
            Series("1", Hop("source", "api", "ledger"), "response_code=503", "response_flags=UF,URX", "connection_security_policy=unknown"),
            Series("0.5", Hop("source", "api", "ledger"), "response_code=0", "response_flags=DC"),
            Series("10", Hop("destination", "api", "ledger"), "response_code=200", NoFlags, "connection_security_policy=mutual_tls", "source_principal=spiffe://cluster.local/ns/payments/sa/api", "destination_principal=spiffe://cluster.local/ns/payments/sa/ledger", "destination_app=ledger", "destination_service_namespace=payments")));

        edge.Source.ShouldBe(new Peer(new WorkloadId("main", "payments", "api"), "api", "v1"));
        edge.Target.ShouldBe(new Peer(new WorkloadId("main", "payments", "ledger"), "ledger", null));
        (edge.ServiceHost, edge.ServiceNamespace, edge.Protocol).ShouldBe(("ledger.payments.svc.cluster.local", "payments", "http"));
        edge.FromSource!.RequestsPerSecond.ShouldBe(9.5);
        edge.FromSource.Responses.ShouldBe([new ResponseRate(0, null, "DC", 0.5), new ResponseRate(200, null, "-", 8), new ResponseRate(503, null, "UF,URX", 1)]);
        edge.FromSource.RequestSecurity.ShouldBe(new SecuritySplit(0, 0, 9.5));
        edge.FromDestination!.RequestsPerSecond.ShouldBe(10);
        edge.FromDestination.RequestSecurity.ShouldBe(new SecuritySplit(10, 0, 0));
        edge.FromWaypoint.ShouldBeNull();
        edge.SourcePrincipals.ShouldBe(["spiffe://cluster.local/ns/payments/sa/api"]);
        edge.DestinationPrincipals.ShouldBe(["spiffe://cluster.local/ns/payments/sa/ledger"]);
        edge.FromSource.DurationSum.ShouldBeNull("that query has not answered");
        edge.FromSource.SentBytesPerSecond.ShouldBeNull();
    }

    [Fact]
    public void Frame_Operations_AreThoseThatTheCallersProxyNames()
    {
        string Sent(string value, string operation, string code = "200") => Series(value, Hop("source", "gateway", "api"), $"response_code={code}", NoFlags, $"request_operation={operation}");
        var answers = new IstioAnswers().With(
            SourceNames.Requests,
            Sent("6", "POST /pay"), Sent("1", "POST /pay", "503"), Sent("3", "GET /pay"), Sent("0.5", "unknown"), Series("0.25", Hop("source", "gateway", "api"), "response_code=404", NoFlags),
            Series("10", Hop("destination", "gateway", "api"), "response_code=200", NoFlags, "connection_security_policy=mutual_tls"));

        var edge = Only(answers);

        edge.FromSource!.RequestsPerSecond.ShouldBe(10.75);
        edge.Operations.Select(operation => (operation.Name, operation.FromSource!.RequestsPerSecond, operation.FromDestination)).ShouldBe([("GET /pay", 3, null), ("POST /pay", 7, null), (null, 0.75, null)]);
        edge.Operations[1].FromSource!.Responses.ShouldBe([new ResponseRate(200, null, "-", 6), new ResponseRate(503, null, "-", 1)]);
        answers.FrameAfterMove().Edges.ShouldHaveSingleItem().Operations.Select(operation => operation.Name).ShouldBe(["GET /pay", "POST /pay", null]);
    }

    [Fact]
    public void Frame_OperationsOfTheCallee_AreTakenAlongWhereTheCallerNamesThemToo()
    {
        string Counted(string reporter, string value, string operation) => Series(value, Hop(reporter, "gateway", "api"), "response_code=200", NoFlags, $"request_operation={operation}");
        var both = Only(new IstioAnswers().With(SourceNames.Requests, Counted("source", "6", "pay"), Counted("destination", "5", "pay"), Counted("destination", "1", "look")));
        both.Operations.Select(operation => (operation.Name, operation.FromSource?.RequestsPerSecond, operation.FromDestination?.RequestsPerSecond)).ShouldBe([("pay", 6, 5), (null, null, 1)]);

        // Where the caller names none, what never arrived would belong to no operation: none is told apart.
        Only(new IstioAnswers().With(SourceNames.Requests, Series("6", Hop("source", "gateway", "api"), "response_code=200", NoFlags), Counted("destination", "6", "pay"))).Operations.ShouldBeEmpty();
    }

    [Fact]
    public void Frame_OperationsWithoutBound_AreTheBusiestAndTheRest()
    {
        var series = Enumerable.Range(1, 200).Select(id => Series($"{id}", Hop("source", "gateway", "api"), "response_code=200", NoFlags, $"request_operation=GET /{id:000}")).ToArray();

        var operations = Only(new IstioAnswers().With(SourceNames.Requests, series)).Operations;

        operations.Length.ShouldBe(EdgeOperation.Most + 1);
        operations[0].Name.ShouldBe($"GET /{200 - EdgeOperation.Most + 1}");
        (operations[^1].Name, operations[^1].FromSource!.RequestsPerSecond).ShouldBe((null, Enumerable.Range(1, 200 - EdgeOperation.Most).Sum()));
    }

    [Fact]
    public void Frame_Durations_AreAddedUpAndSplitByFlags()
    {
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("10", Hop("source", "api", "ledger"), "response_code=200", NoFlags))
            .With(SourceNames.DurationSums, Series("100", Hop("source", "api", "ledger"), NoFlags), Series("40", Hop("source", "api", "ledger"), "response_flags=UT"), Series("7", Hop("source", "other", "ledger"), NoFlags))
            .With(SourceNames.DurationCounts, Series("9", Hop("source", "api", "ledger"), NoFlags), Series("1", Hop("source", "api", "ledger"), "response_flags=UT")));

        edge.FromSource!.DurationSum.ShouldBe(140);
        edge.FromSource.DurationCount.ShouldBe(10);
        edge.FromSource.CleanDurationSum.ShouldBe(100);
        edge.FromSource.CleanDurationCount.ShouldBe(9);
    }

    [Fact]
    public void Frame_HttpBytes_GoFromCallerToCalleeAndBack()
    {
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("10", Hop("source", "api", "ledger"), "response_code=200"))
            .With(SourceNames.RequestBytes, Series("300", Hop("source", "api", "ledger")))
            .With(SourceNames.ResponseBytes, Series("9000", Hop("source", "api", "ledger"))));

        edge.FromSource!.SentBytesPerSecond.ShouldBe(300);
        edge.FromSource.ReceivedBytesPerSecond.ShouldBe(9000);
    }

    [Fact]
    public void Frame_TcpBytes_AreNamedFromTheCalleesPointOfView()
    {
        var hop = Hop("destination", "ledger", "postgres", "tcp");
        var edge = Only(new IstioAnswers()
            .With(SourceNames.TcpOpened, Series("0.5", hop, "connection_security_policy=mutual_tls", NoFlags))
            .With(SourceNames.TcpSent, Series("9000", hop, "connection_security_policy=mutual_tls"))
            .With(SourceNames.TcpReceived, Series("300", hop, "connection_security_policy=mutual_tls")));

        edge.Protocol.ShouldBe("tcp");
        edge.FromDestination!.ConnectionsPerSecond.ShouldBe(0.5);
        edge.FromDestination.ConnectionSecurity.ShouldBe(new SecuritySplit(0.5, 0, 0));
        edge.FromDestination.SentBytesPerSecond.ShouldBe(300, "what the callee received is what the caller sent");
        edge.FromDestination.ReceivedBytesPerSecond.ShouldBe(9000);
        edge.FromDestination.ByteSecurity.ShouldBe(new SecuritySplit(9300, 0, 0));
        edge.FromDestination.RequestsPerSecond.ShouldBeNull();
        edge.FromDestination.Responses.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("destination", "none", null, 0, 1, 0)]
    [InlineData("destination", "mutual_tls", null, 1, 0, 0)]
    [InlineData("destination", "unknown", null, 0, 0, 1)]
    [InlineData("destination", "unknown", "ledger", 0, 0, 1)]
    [InlineData("destination", "unknown", "ztunnel", 0, 1, 0)]
    [InlineData("destination", "mutual_tls", "ztunnel", 1, 0, 0)]
    [InlineData("destination", "", "ztunnel", 0, 0, 1)]
    [InlineData("source", "unknown", "ztunnel", 0, 0, 1)]
    [InlineData("source", "mutual_tls", "ztunnel", 1, 0, 0)]
    [InlineData("source", "none", null, 0, 0, 1)]
    [InlineData("waypoint", "none", null, 0, 1, 0)]
    public void Frame_Protection_OfTcpIsReadByReporterAndProxy(string reporter, string policy, string? app, double mutual, double plaintext, double unknown)
    {
        string[] more = app is null ? [$"connection_security_policy={policy}"] : [$"connection_security_policy={policy}", $"app={app}"];
        var edge = Only(new IstioAnswers().With(SourceNames.TcpOpened, Series("1", Hop(reporter, "a", "b", "tcp"), more)));

        (edge.FromSource ?? edge.FromDestination ?? edge.FromWaypoint)!.ConnectionSecurity.ShouldBe(new SecuritySplit(mutual, plaintext, unknown));
    }

    [Theory]
    [InlineData("-", 0)]
    [InlineData("DC", 0)]
    [InlineData("UF,URX", 1)]
    [InlineData("NR", 1)]
    [InlineData("DENY", 1)]
    [InlineData("UFX", 0)]
    public void Frame_TcpFlags_TellConnectionsThatCameToNothing(string flags, double failed)
    {
        var edge = Only(new IstioAnswers().With(SourceNames.TcpOpened, Series("1", Hop("source", "a", "b", "tcp"), $"response_flags={flags}"), Series("3", Hop("source", "a", "b", "tcp"), NoFlags)));

        edge.FromSource!.ConnectionsPerSecond.ShouldBe(4);
        edge.FromSource.FailedConnectionsPerSecond.ShouldBe(failed);
    }

    [Fact]
    public void Frame_HttpFromSomethingCalledZtunnel_IsNotPlaintextForThat()
    {
        var edge = Only(new IstioAnswers().With(SourceNames.Requests, Series("1", Hop("destination", "a", "b"), "connection_security_policy=unknown", "app=ztunnel")));

        edge.FromDestination!.RequestSecurity.ShouldBe(new SecuritySplit(0, 0, 1));
    }

    [Fact]
    public void Frame_Histogram_MergesSpellingsOfABoundAndSorts()
    {
        var hop = Hop("destination", "api", "ledger");
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("10", hop, "response_code=200"))
            .With(
                SourceNames.DurationBuckets,
                Series("10", hop, "le=+Inf"),
                Series("2", hop, "le=1"),
                Series("1", hop, "le=1.0"),
                Series("7", hop, "le=1e+03"),
                Series("2", hop, "le=1000"),
                Series("5", hop, "le=250")));

        edge.FromDestination!.Durations!.Bounds.ShouldBe([1, 250, 1000, double.PositiveInfinity]);
        edge.FromDestination.Durations.Cumulative.ShouldBe([3, 5, 9, 10]);
        edge.FromDestination.HistogramAt.ShouldBe(At);
        edge.FromSource.ShouldBeNull();
    }

    [Theory]
    [InlineData("no +Inf", "1", "5", "10", "6")]
    [InlineData("NaN", "1", "NaN", "+Inf", "6")]
    [InlineData("bound", "one", "5", "+Inf", "6")]
    [InlineData("single", "+Inf", "5", "+Inf", "6")]
    public void Frame_HistogramThatTellsNothing_IsNotKnown(string why, string le1, string value1, string le2, string value2)
    {
        var hop = Hop("destination", "api", "ledger");
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("10", hop, "response_code=200"))
            .With(SourceNames.DurationBuckets, Series(value1, hop, $"le={le1}"), Series(value2, hop, $"le={le2}")));

        edge.FromDestination!.Durations.ShouldBeNull(why);
        edge.FromDestination.HistogramAt.ShouldBeNull(why);
    }

    [Fact]
    public void Frame_CountsThatFall_AreLiftedToTheOneBefore()
    {
        // Half of the pods have a bound of 50, the others of 100: summed by le the counts are not cumulative any more.
        var hop = Hop("destination", "api", "ledger");
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("10", hop, "response_code=200"))
            .With(SourceNames.DurationBuckets, Series("6", hop, "le=50"), Series("4", hop, "le=100"), Series("10", hop, "le=+Inf")));

        edge.FromDestination!.Durations!.Cumulative.ShouldBe([6, 6, 10]);
    }

    [Fact]
    public void Frame_NaN_IsNotKnownAndNotZero()
    {
        var edge = Only(new IstioAnswers()
            .With(SourceNames.Requests, Series("NaN", Hop("source", "api", "ledger"), "response_code=200"), Series("1", Hop("source", "api", "ledger"), "response_code=503"))
            .With(SourceNames.DurationSums, Series("+Inf", Hop("source", "api", "ledger"), NoFlags))
            .With(SourceNames.RequestBytes, Series("NaN", Hop("source", "api", "ledger"))));

        edge.FromSource!.RequestsPerSecond.ShouldBeNull();
        edge.FromSource.Responses.ShouldBe([new ResponseRate(503, null, "-", 1)]);
        edge.FromSource.DurationSum.ShouldBeNull();
        edge.FromSource.SentBytesPerSecond.ShouldBeNull();
    }

    [Theory]
    [InlineData("NaN", "2", 0, 2)] // What is plaintext stays so.
    [InlineData("2", "NaN", 2, 0)] // What may be plaintext is not encrypted.
    public void Frame_NaN_IsNotEncrypted(string mutual, string plaintext, double unknown, double known)
    {
        var edge = Only(new IstioAnswers().With(
            SourceNames.Requests,
            Series(mutual, Hop("destination", "api", "ledger"), "response_code=200", "connection_security_policy=mutual_tls"),
            Series(plaintext, Hop("destination", "api", "ledger"), "response_code=200", "connection_security_policy=none")));

        edge.FromDestination!.RequestsPerSecond.ShouldBeNull();
        edge.FromDestination.RequestSecurity.ShouldBe(new SecuritySplit(0, known, unknown));
    }

    [Fact]
    public void Frame_AbsentLabels_AreUnknown()
    {
        var edge = Only(new IstioAnswers().With(SourceNames.Requests, ScriptedPrometheus.Series("1", "reporter=destination", "destination_workload=ledger", "destination_workload_namespace=payments", "source_app=unknown", "source_version=")));

        edge.Source.ShouldBe(new Peer(new WorkloadId("main", "unknown", "unknown"), null, null));
        (edge.ServiceHost, edge.ServiceNamespace, edge.Protocol).ShouldBe(("unknown", "unknown", "http"));
        edge.FromDestination!.Responses.ShouldBe([new ResponseRate(0, null, "-", 1)]);
        edge.SourcePrincipals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("unknown", "PassthroughCluster", "PassthroughCluster")]
    [InlineData("unknown", "BlackHoleCluster", "BlackHoleCluster")]
    [InlineData("api.fraud.example.com", "PassthroughCluster", "api.fraud.example.com")]
    [InlineData("unknown", "unknown", "unknown")]
    public void Frame_UnknownCallee_KeepsTheBestNameOfTheService(string service, string name, string host)
    {
        var edge = Only(new IstioAnswers().With(SourceNames.Requests, Series("1", Hop("source", "api", "unknown"), $"destination_service={service}", $"destination_service_name={name}", "response_code=200")));

        edge.ServiceHost.ShouldBe(host);
        edge.Target.Workload.IsUnknown.ShouldBeTrue();
    }

    [Fact]
    public void Frame_AmbiguousKey_AttachesToNeitherEdge()
    {
        // Both series have destination_service unknown: which of them the durations belong to cannot be told.
        var frame = new IstioAnswers()
            .With(
                SourceNames.Requests,
                Series("1", Hop("source", "api", "unknown"), "destination_service_name=PassthroughCluster", "response_code=200"),
                Series("2", Hop("source", "api", "unknown"), "destination_service_name=BlackHoleCluster", "response_code=502"))
            .With(SourceNames.DurationSums, Series("30", Hop("source", "api", "unknown"), NoFlags))
            .Frame();

        frame.Edges.Select(edge => edge.ServiceHost).ShouldBe(["BlackHoleCluster", "PassthroughCluster"]);
        frame.Edges.ShouldAllBe(edge => edge.FromSource!.DurationSum == null);
    }

    [Fact]
    public void Frame_ForeignReporter_IsIgnored() =>
        new IstioAnswers().With(SourceNames.Requests, Series("1", Hop("proxy", "a", "b"))).Frame().Edges.ShouldBeEmpty();

    [Fact]
    public void Frame_IstiosDefaultClusterId_IsTheConfiguredCluster()
    {
        var edge = Only(new IstioAnswers { Cluster = "eu-west" }.With(
            SourceNames.Requests,
            Series("1", Hop("source", "api", "ledger"), "source_cluster=Kubernetes", "destination_cluster=Kubernetes"),
            Series("1", Hop("destination", "api", "ledger"), "source_cluster=unknown", "destination_cluster=Kubernetes")));

        edge.Source.Workload.Cluster.ShouldBe("eu-west");
        edge.Target.Workload.Cluster.ShouldBe("eu-west");
        edge.FromSource.ShouldNotBeNull();
        edge.FromDestination.ShouldNotBeNull();
    }

    [Fact]
    public void Frame_SeveralClusters_KeepsThemApart()
    {
        string[] far = ["source_cluster=Kubernetes", "destination_cluster=west"], near = ["source_cluster=Kubernetes", "destination_cluster=Kubernetes"];
        var frame = new IstioAnswers { SeveralClusters = true }
            .With(SourceNames.Requests, Series("3", Hop("source", "api", "ledger"), far), Series("5", Hop("source", "api", "ledger"), near))
            .With(SourceNames.DurationSums, Series("150", Hop("source", "api", "ledger"), [.. far, NoFlags]), Series("10", Hop("source", "api", "ledger"), [.. near, NoFlags]))
            .With(SourceNames.DurationBuckets, [.. Buckets(far, 3), .. Buckets(near, 5)])
            .Frame();

        frame.Edges.Select(edge => (edge.Target.Workload.Cluster, edge.FromSource!.RequestsPerSecond, edge.FromSource.DurationSum, edge.FromSource.Durations!.Rate)).ShouldBe(
            [("main", 5d, 10d, 5d), ("west", 3d, 150d, 3d)]);

        static string[] Buckets(string[] clusters, int count) =>
            [Series("1", Hop("source", "api", "ledger"), [.. clusters, "le=10"]), Series($"{count}", Hop("source", "api", "ledger"), [.. clusters, "le=+Inf"])];
    }

    [Fact]
    public void Frame_SeveralClustersNotAskedForYet_LeavesNumbersOut()
    {
        var frame = new IstioAnswers()
            .With(
                SourceNames.Requests,
                Series("3", Hop("source", "api", "ledger"), "source_cluster=Kubernetes", "destination_cluster=west"),
                Series("5", Hop("source", "api", "ledger"), "source_cluster=Kubernetes", "destination_cluster=Kubernetes"))
            .With(SourceNames.DurationSums, Series("160", Hop("source", "api", "ledger"), NoFlags))
            .Frame();

        frame.Edges.ShouldAllBe(edge => edge.FromSource!.DurationSum == null);
    }

    [Fact]
    public void Frame_Certificates_CountFromTheTimeOfTheAnswer()
    {
        var frame = new IstioAnswers().With(
            SourceNames.Certificates,
            ScriptedPrometheus.Series("1772452800", "namespace=payments", "pod=ledger-1", "resource_name=default"),
            ScriptedPrometheus.Series("1772441000", "namespace=payments", "pod=api-1", "resource_name=default"),
            ScriptedPrometheus.Series("1772441000", "namespace=payments", "resource_name=default")).Frame();

        frame.ProxyCertificates.ShouldBe(
        [
            new ProxyCertificateSample("payments", "api-1", "default", -1000, At),
            new ProxyCertificateSample("payments", "ledger-1", "default", 10_800, At),
        ]);
    }

    [Fact]
    public void Frame_CertificatesOfLinkerd_CarryWhenTheyWereIssued()
    {
        // The answer is of 1772442000: 80 000 s before the end, 6400 s after the issue.
        var frame = new IstioAnswers().With(
            SourceNames.Certificates,
            ScriptedPrometheus.Series("1772522000", "namespace=emojivoto", "pod=web-1", "resource_name=linkerd"),
            ScriptedPrometheus.Series("1772435600.25", "namespace=emojivoto", "pod=web-1", "resource_name=linkerd-refresh"),
            ScriptedPrometheus.Series("1772522000", "namespace=emojivoto", "pod=web-2", "resource_name=linkerd"),
            ScriptedPrometheus.Series("1772522000", "namespace=emojivoto", "pod=web-3", "resource_name=linkerd"),
            ScriptedPrometheus.Series("1e300", "namespace=emojivoto", "pod=web-3", "resource_name=linkerd-refresh"),
            ScriptedPrometheus.Series("1772435600", "namespace=emojivoto", "pod=gone", "resource_name=linkerd-refresh")).Frame();

        frame.ProxyCertificates.ShouldBe(
        [
            new ProxyCertificateSample("emojivoto", "web-1", "linkerd", 80_000, At) { IssuedAt = DateTimeOffset.UnixEpoch.AddSeconds(1772435600.25) },
            new ProxyCertificateSample("emojivoto", "web-2", "linkerd", 80_000, At),
            new ProxyCertificateSample("emojivoto", "web-3", "linkerd", 80_000, At),
        ]);
    }

    [Fact]
    public void Frame_Proxies_AreThosePodsThatAreNamed()
    {
        new IstioAnswers().Frame().ScrapedProxies.ShouldBeNull("no answer is not an empty one");

        var scraped = new IstioAnswers().With(
            SourceNames.Proxies,
            ScriptedPrometheus.Series("1", "namespace=payments", "pod=ledger-1"),
            ScriptedPrometheus.Series("2", "namespace=payments", "pod=api-1"),
            ScriptedPrometheus.Series("1", "namespace=vms"),
            ScriptedPrometheus.Series("3")).Frame().ScrapedProxies!;

        scraped.At.ShouldBe(At);
        scraped.Pods.Order().ShouldBe([("payments", "api-1"), ("payments", "ledger-1")]);
    }

    [Fact]
    public void Frame_ControlPlane_KeepsNamesAndLeavesOutWhatIsNoNumber()
    {
        var frame = new IstioAnswers().With(
            SourceNames.ControlPlane,
            ScriptedPrometheus.Series("1", "__name__=pilot_info", "version=1.30.3"),
            ScriptedPrometheus.Series("42", "metric=pilot_xds", "version=1.30.3"),
            ScriptedPrometheus.Series("NaN", "metric=pilot_proxy_convergence_time_p99"),
            ScriptedPrometheus.Series("0.5", "metric=pilot_xds_pushes", "type=cds")).Frame();

        frame.ControlPlane.Select(sample => (sample.Metric, string.Join(',', sample.Labels), sample.Value)).ShouldBe(
        [
            (ControlPlaneMetrics.Info, "[version, 1.30.3]", 1d),
            (ControlPlaneMetrics.ConnectedProxies, "[version, 1.30.3]", 42d),
            (ControlPlaneMetrics.Pushes, "[type, cds]", 0.5d),
        ]);
    }

    [Fact]
    public void Frame_AfterMovingToAnotherSymbolTable_IsTheSame()
    {
        IstioAnswers Answers() => new IstioAnswers()
            .With(SourceNames.Requests, Series("10", Hop("source", "api", "ledger"), "response_code=200", NoFlags, "source_app=api"), Series("1", Hop("destination", "api", "ledger"), "response_code=503", "response_flags=UC"))
            .With(SourceNames.TcpOpened, Series("1", Hop("source", "api", "db", "tcp"), "connection_security_policy=mutual_tls"))
            .With(SourceNames.TcpSent, Series("5", Hop("source", "api", "db", "tcp")))
            .With(SourceNames.DurationSums, Series("100", Hop("source", "api", "ledger"), NoFlags))
            .With(SourceNames.DurationBuckets, Series("1", Hop("source", "api", "ledger"), "le=10"), Series("9", Hop("source", "api", "ledger"), "le=+Inf"));
        var options = new JsonSerializerOptions { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

        JsonSerializer.Serialize(Answers().FrameAfterMove(), options).ShouldBe(JsonSerializer.Serialize(Answers().Frame(), options));
    }

    [Fact]
    public void Frame_LongAndHostileNames_AreKept()
    {
        var name = new string('x', 5000) + "<b>'{}";

        Only(new IstioAnswers().With(SourceNames.Requests, Series("1", Hop("source", name, "ledger")))).Source.Workload.Name.ShouldBe(name);
    }

    [Fact]
    public void Queries_PerRefresh_AreAtMostTwelveWithNamesOfTheirOwn()
    {
        foreach (var several in (bool[])[false, true])
        {
            var queries = new IstioDialect().Queries(TimeSpan.FromMinutes(1), several);
            queries.Count.ShouldBeLessThanOrEqualTo(12);
            queries.Select(query => query.Name).Distinct().Count().ShouldBe(queries.Count);
            queries.ShouldAllBe(query => !query.Text.Contains('$'));
            queries.Count(query => query.Text.Contains("[60s]")).ShouldBe(queries.Count - 2, "only the certificates and the proxies are no rates");
            queries.Single(query => query.Name == SourceNames.DurationBuckets).Every.ShouldBe(TimeSpan.FromMinutes(1));
            queries.Single(query => query.Name == SourceNames.DurationBuckets).Text.Contains("destination_cluster").ShouldBe(several);
        }
    }

    private static Edge Only(IstioAnswers answers) => answers.Frame().Edges.ShouldHaveSingleItem();
}
