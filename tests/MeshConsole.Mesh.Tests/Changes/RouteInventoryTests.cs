using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes;

public sealed class RouteInventoryTests
{
    private const string Host = "card-processor.payments.svc.cluster.local";

    private static readonly MeshObject s_cardProcessor = Given.Object(
        "VirtualService",
        "card-processor",
        """
        {
          "hosts": ["card-processor.payments.svc.cluster.local"],
          "http": [
            {
              "match": [{ "headers": { "x-merchant-tier": { "exact": "enterprise" } } }],
              "route": [{ "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 100 }]
            },
            {
              "route": [
                { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v1-stable" }, "weight": 90 },
                { "destination": { "host": "card-processor.payments.svc.cluster.local", "subset": "v2-new-provider" }, "weight": 10 }
              ],
              "retries": { "attempts": 2, "perTryTimeout": "3s", "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" },
              "timeout": "8s"
            }
          ]
        }
        """,
        apiVersion: "networking.istio.io/v1beta1");

    private static readonly MeshObject s_subsets = Given.Object(
        "DestinationRule",
        "card-processor",
        """{"host":"card-processor.payments.svc.cluster.local","subsets":[{"name":"v1-stable","labels":{"version":"v1"}},{"name":"v2-new-provider","labels":{"version":"v2"}}]}""");

    private static readonly Workload[] s_workloads =
    [
        Given.Workload("card-v1", labels: "app=card-processor;version=v1", pods: [Given.Pod("a"), Given.Pod("b"), Given.Pod("c", waiting: "CrashLoopBackOff")]),
        Given.Workload("card-v2", labels: "app=card-processor;version=v2", pods: [Given.Pod("d")]),
    ];

    private static readonly Service s_service = Given.Service("card-processor", workloads: ["card-v1", "card-v2"]);

    [Fact]
    public void CardProcessor_HasItsTwoRules()
    {
        var histogram = new Histogram([10, 100, double.PositiveInfinity], [98, 100, 100]);
        var routes = Build(
            [s_cardProcessor],
            [
                Given.Edge("api", "card-v1", fromSource: Given.Http(ok: 89, failed: 1, durations: histogram), fromDestination: Given.Http(ok: 500), host: Host),
                Given.Edge("api", "card-v2", fromSource: Given.Http(ok: 9), host: Host),
                Given.Edge("batch", "card-v2", fromDestination: Given.Http(refused: 0.5, failed: 0.5), host: Host),
                Given.Edge("api", "ledger", fromSource: Given.Http(ok: 1000)),
            ]);

        routes.Length.ShouldBe(2);
        var enterprise = routes[0];
        enterprise.Id.ShouldBe("test/payments/VirtualService/card-processor/http/0");
        enterprise.Object.ShouldBe(new RouteObject("networking.istio.io/v1beta1", "VirtualService", "payments", "card-processor", "uid-payments-card-processor", "7"));
        enterprise.Hosts.ShouldBe([Host]);
        enterprise.Protocol.ShouldBe("http");
        enterprise.Rule.Matches.ShouldBe(["header x-merchant-tier is enterprise"]);
        enterprise.Summary.ShouldBe("header x-merchant-tier is enterprise");
        enterprise.AppliesAt.ShouldBe(["mesh"]);
        var only = enterprise.Backends.ShouldHaveSingleItem();
        (only.Host, only.Subset, only.Weight, only.Share, only.ObservedShare).ShouldBe((Host, "v2-new-provider", 100, 1, 1));

        var rest = routes[1];
        rest.Summary.ShouldBe("all other requests");
        rest.Rule.Matches.ShouldBeEmpty();
        rest.Policy.ShouldBe(new RoutePolicy("8s", 2, "3s", "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"));
        rest.Backends.Select(b => (b.Subset, b.Weight, b.Share, b.ObservedShare)).ShouldBe([("v1-stable", 90, 0.9, 0.9), ("v2-new-provider", 10, 0.1, 0.1)]);
        rest.Backends[0].Live!.RequestsPerSecond.ShouldBe(90);
        rest.Backends[0].Live!.ErrorRatio!.Value.ShouldBe(1 / 90.0, 1e-12);
        rest.Backends[0].Live!.P99Ms!.Value.ShouldBe(55, 1e-9); // rank 99: halfway through 10..100
        rest.Backends[1].Live!.RequestsPerSecond.ShouldBe(10);
        rest.Backends[1].Live!.ErrorRatio!.Value.ShouldBe(0.05, 1e-12);
        rest.Backends[1].Live!.P99Ms.ShouldBeNull();
        rest.Backends.Select(b => (b.ReadyReplicas, b.DesiredReplicas)).ShouldBe([(2, 3), (1, 1)]);
        rest.Owner.ShouldBe(new RouteOwner("none", null, true, null));
        enterprise.Notes.ShouldBeEmpty();
        rest.Notes.ShouldBe(["Rule 0 sends to v2-new-provider too: what is observed counts its requests as well."]);
        routes.ShouldAllBe(r => r.SharesBackends);
    }

    [Fact]
    public void Live_TelemetryMissing_IsNullAndSharesStay()
    {
        var cluster = Cluster([s_cardProcessor], [], telemetry: false);
        var rest = RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[1];
        rest.Backends.ShouldAllBe(b => b.Live == null && b.ObservedShare == null && b.Share != null);
    }

    [Fact]
    public void Live_NoTraffic_IsZeroWithoutShare()
    {
        var rest = Build([s_cardProcessor], [])[1];
        rest.Backends.ShouldAllBe(b => b.Live == new RouteLive(0, null, null) && b.ObservedShare == null);
    }

    [Theory]
    [InlineData("[5]", "1")]
    [InlineData("[null]", "1")]
    [InlineData("[0]", "1")]
    [InlineData("[90,10]", "0.9,0.1")]
    [InlineData("[1,3]", "0.25,0.75", "not 100")]
    [InlineData("[null,100]", "0,1")]
    [InlineData("[100,null]", "1,0")]
    [InlineData("[100,10]", "0.90909,0.09091", "The weights add up to 110, not 100: they are shares of 110.")]
    [InlineData("[0,0]", "-,-", "The weights add up to 0: Istio refuses such a rule.")]
    [InlineData("[null,null]", "-,-", "add up to 0")]
    [InlineData("[-10,110]", "-,-", "negative")]
    [InlineData("[\"90\",10]", "0,1", "not a whole number")]
    [InlineData("[2147483647,2147483647]", "0.5,0.5", "not 100")]
    [InlineData("[33,33,34]", "0.33,0.33,0.34")]
    public void VirtualService_Weights_AreSharesOfTheirSum(string weights, string expected, string? note = null)
    {
        var routes = Given.Json(weights).EnumerateArray().Select((w, i) => $$"""{"destination":{"host":"h{{i}}.example.com"},"weight":{{w.GetRawText()}}}""");
        var rule = Build([Route("VirtualService", $$"""{"hosts":["x"],"http":[{"route":[{{string.Join(',', routes)}}]}]}""")], [])[0];
        string.Join(',', rule.Backends.Select(b => b.Share is null ? "-" : b.Share.Value.ToString("0.#####", System.Globalization.CultureInfo.InvariantCulture))).ShouldBe(expected);
        if (note is null)
        {
            rule.Notes.ShouldAllBe(n => n.Contains("has host"));
        }
        else
        {
            rule.Notes.ShouldContain(n => n.Contains(note));
        }
    }

    [Theory]
    [InlineData("[null]", "1")]
    [InlineData("[7]", "1")]
    [InlineData("[null,null]", "0.5,0.5")]
    [InlineData("[1,3]", "0.25,0.75")]
    [InlineData("[0,1]", "0,1")]
    [InlineData("[null,9]", "0.1,0.9")]
    [InlineData("[0]", "-", "every request is answered with 500")]
    [InlineData("[0,0]", "-,-", "every request is answered with 500")]
    public void HttpRoute_Weights_DefaultToOne(string weights, string expected, string? note = null)
    {
        var refs = Given.Json(weights).EnumerateArray().Select(w => w.ValueKind == System.Text.Json.JsonValueKind.Null ? """{"name":"card-processor"}""" : $$"""{"name":"card-processor","weight":{{w.GetRawText()}}}""");
        var rule = Build([Route("HTTPRoute", $$"""{"rules":[{"backendRefs":[{{string.Join(',', refs)}}]}]}""")], [])[0];
        string.Join(',', rule.Backends.Select(b => b.Share is null ? "-" : b.Share.Value.ToString("0.#####", System.Globalization.CultureInfo.InvariantCulture))).ShouldBe(expected);
        if (note is null)
        {
            rule.Notes.ShouldBeEmpty();
        }
        else
        {
            rule.Notes.ShouldContain(n => n.Contains(note));
        }
    }

    [Theory]
    [InlineData("""{"uri":{"prefix":"/v1"}}""", "path starts with /v1")]
    [InlineData("""{"uri":{"exact":"/v1"},"ignoreUriCase":true}""", "path is /v1 (in upper or lower case)")]
    [InlineData("""{"uri":{"regex":"/v[12]"},"method":{"exact":"POST"}}""", "method is POST and path matches /v[12]")]
    [InlineData("""{"headers":{"x":{}}}""", "header x is present")]
    [InlineData("""{"headers":{"x":{"exact":""}}}""", "header x is empty")]
    [InlineData("""{"headers":{"x":{"exact":"1"},"a":{"prefix":"2"}}}""", "header a starts with 2 and header x is 1")]
    [InlineData("""{"withoutHeaders":{"x":{"exact":"1"}}}""", "not header x is 1")]
    [InlineData("""{"queryParams":{"q":{"regex":".*"}}}""", "query parameter q matches .*")]
    [InlineData("""{"authority":{"exact":"a.example"},"scheme":{"exact":"https"}}""", "host is a.example and scheme is https")]
    [InlineData("""{"port":8080}""", "port is 8080")]
    [InlineData("""{"sourceNamespace":"front"}""", "caller is in namespace front")]
    [InlineData("""{"sourceLabels":{"app":"web","v":"1"}}""", "caller has labels app=web, v=1")]
    [InlineData("""{"gateways":["mesh","a/b"]}""", "it comes through mesh or a/b")]
    [InlineData("""{"name":"n","uri":{"prefix":"/a"}}""", "path starts with /a")]
    [InlineData("""{"somethingNew":{"a":1}}""", "condition somethingNew (not explained here) holds")]
    [InlineData("""{"headers":["x"]}""", "header is something that cannot be read")]
    [InlineData("""{"headers":{"x":7}}""", "header x is something that cannot be read")]
    [InlineData("""{"uri":{"prefix":7}}""", "path starts with something that cannot be read")]
    [InlineData("""{"port":"80"}""", "port is something that cannot be read")]
    [InlineData("\"text\"", "a match that cannot be read")]
    [InlineData("null", "a match that cannot be read")]
    [InlineData("7", "a match that cannot be read")]
    public void VirtualService_Match_IsSaidInWords(string match, string expected)
    {
        var rule = Build([Route("VirtualService", $$"""{"http":[{"match":[{{match}}],"route":[]}]}""")], [])[0];
        rule.Rule.Matches.ShouldBe([expected]);
        rule.Summary.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"match\":[],")]
    [InlineData("\"match\":null,")]
    [InlineData("\"match\":[{}],")]
    [InlineData("\"match\":[{\"uri\":{\"exact\":\"/a\"}},{}],")]
    [InlineData("\"match\":[{\"name\":\"n\",\"headers\":{}}],")]
    [InlineData("\"match\":[{\"uri\":{\"prefix\":\"/\"}}],")]
    public void VirtualService_RuleWithoutCondition_CatchesAllAndHidesTheNext(string match)
    {
        var rules = Build([Route("VirtualService", """{"http":[{MATCH"route":[]},{"match":[{"uri":{"prefix":"/a"}}]}]}""".Replace("MATCH", match))], []);
        rules[0].Summary.ShouldBe("all requests");
        rules[0].Notes.ShouldBeEmpty();
        rules[1].Notes.ShouldBe(["Never reached: rule 0 before it takes everything."]);
    }

    [Fact]
    public void VirtualService_UnreadableMatch_DoesNotCatchAll() =>
        Build([Route("VirtualService", """{"http":[{"match":"x"},{"route":[]}]}""")], [])[1].Notes.ShouldBeEmpty();

    [Theory]
    [InlineData("""{"redirect":{"uri":"/b"}}""", "all requests: redirected")]
    [InlineData("""{"directResponse":{"status":403}}""", "all requests: answered with 403")]
    [InlineData("""{"delegate":{"name":"d","namespace":"web"}}""", "all requests: delegated to web/d")]
    [InlineData("""{"delegate":{"name":"d"}}""", "all requests: delegated to payments/d")]
    public void VirtualService_Action_IsSaid(string rule, string expected)
    {
        var view = Build([Route("VirtualService", $$"""{"http":[{{rule}}]}""")], [])[0];
        view.Summary.ShouldBe(expected);
        view.Backends.ShouldBeEmpty();
    }

    [Fact]
    public void VirtualService_SideEffects_AreNoted() =>
        Build([Route("VirtualService", """{"http":[{"mirror":{"host":"shadow"},"mirrors":[{"destination":{"host":"b.example"}}],"fault":{"abort":{},"delay":{"fixedDelay":"1s"}}}]}""")], [])[0].Notes.ShouldBe(
        [
            "Copies requests to b.example (mirror).",
            "Copies requests to shadow.payments.svc.cluster.local (mirror).",
            "Aborts a share of requests on purpose (fault injection).",
            "Delays a share of requests on purpose (fault injection).",
        ]);

    [Fact]
    public void VirtualService_ShortNames_BelongToItsNamespace()
    {
        var view = Build([Route("VirtualService", """{"hosts":["card-processor","x.y"],"gateways":["edge","infra/out","mesh"],"http":[{"name":"main","route":[{"destination":{"host":"card-processor","port":{"number":8080}}}]}]}""")], [])[0];
        view.Hosts.ShouldBe([Host, "x.y"]);
        view.AppliesAt.ShouldBe(["payments/edge", "infra/out", "mesh"]);
        view.Rule.Name.ShouldBe("main");
        view.Backends[0].Host.ShouldBe(Host);
        view.Backends[0].Port.ShouldBe(8080);
        view.Backends[0].ReadyReplicas.ShouldBe(3);
    }

    [Fact]
    public void VirtualService_TlsAndTcp_AreRulesOfTheirOwn()
    {
        var views = Build(
            [Route("VirtualService", """{"tls":[{"match":[{"sniHosts":["a.example","b.example"],"port":443}],"route":[{"destination":{"host":"card-processor"}}]}],"tcp":[{"match":[{"destinationSubnets":["10.0.0.0/8"]}],"route":[{"destination":{"host":"card-processor","subset":"v1-stable"},"weight":60},{"destination":{"host":"card-processor","subset":"v2-new-provider"},"weight":40}]},{"route":[]}]}""")],
            [Given.Edge("api", "card-v1", fromDestination: Given.Tcp(mutual: 3), protocol: "tcp", host: Host), Given.Edge("api", "card-v2", fromDestination: Given.Tcp(mutual: 1), protocol: "tcp", host: Host)]);
        views.Select(v => (v.Id, v.Summary)).ShouldBe(
        [
            ("test/payments/VirtualService/r/tls/0", "port is 443 and server name (SNI) is a.example or b.example"),
            ("test/payments/VirtualService/r/tcp/0", "address is in 10.0.0.0/8"),
            ("test/payments/VirtualService/r/tcp/1", "all other connections"),
        ]);
        views[1].Backends.Select(b => (b.Share, b.ObservedShare, b.Live)).ShouldBe([(0.6, 0.75, null), (0.4, 0.25, null)]);
    }

    [Fact]
    public void Backend_UndefinedSubset_IsSaidAndNotMeasured()
    {
        var view = Build([Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"card-processor","subset":"v9"}}]}]}""")], [Given.Edge("api", "card-v1", fromSource: Given.Http(ok: 9), host: Host)])[0];
        view.Notes.ShouldBe([$"Subset v9 of {Host} is not defined by a DestinationRule: its requests fail with 503."]);
        view.Backends[0].Live.ShouldBeNull();
        view.Backends[0].ReadyReplicas.ShouldBeNull();
    }

    [Fact]
    public void Backend_SubsetWithoutPods_IsSaid()
    {
        var rule = Given.Object("DestinationRule", "card-processor", """{"host":"card-processor","subsets":[{"name":"v9","labels":{"version":"v9"}}]}""");
        var view = Build([Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"card-processor","subset":"v9"}}]}]}""")], [], rules: [rule])[0];
        view.Notes.ShouldBe([$"Subset v9 of {Host} selects no pod."]);
        view.Backends[0].ReadyReplicas.ShouldBe(0);
    }

    [Fact]
    public void Backend_SubsetInsideOneWorkload_HasReplicasButNoTraffic()
    {
        var pods = new[] { Labelled("a", "hash=1"), Labelled("b", "hash=1"), Labelled("c", "hash=2") };
        var rollout = Given.Workload("card", labels: "app=card-processor", pods: [.. pods]);
        var rule = Given.Object("DestinationRule", "r", """{"host":"card-processor","subsets":[{"name":"canary","labels":{"hash":"2"}}]}""");
        var cluster = Given.ClusterOf(
            Given.NoObjects with { VirtualServices = [Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"card-processor","subset":"canary"}}]}]}""")], DestinationRules = [rule] },
            [rollout],
            [Given.Service("card-processor", workloads: ["card"])],
            [Given.Edge("api", "card", fromSource: Given.Http(ok: 9), host: Host)]);
        var view = RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[0];
        view.Backends[0].ReadyReplicas.ShouldBe(1);
        view.Backends[0].Live.ShouldBeNull();
        view.Notes.ShouldHaveSingleItem().ShouldContain("its traffic cannot be told");

        static Pod Labelled(string name, string labels) => Given.Pod(name) with { Meta = Given.Meta(name, labels: labels) };
    }

    [Fact]
    public void Backend_UnknownHost_IsSaidOnlyWhenServicesAreKnown()
    {
        var route = Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"nowhere"}}]}]}""");
        Build([route], [])[0].Notes.ShouldBe(["No Service or ServiceEntry has host nowhere.payments.svc.cluster.local."]);
        var cluster = Given.ClusterOf(Given.NoObjects with { VirtualServices = [route], ServiceEntries = default });
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[0].Notes.ShouldBeEmpty();
    }

    [Fact]
    public void Backend_ExternalHost_IsMeasuredByHost()
    {
        var route = Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"api.stripe.example"}}]}]}""");
        var entry = Given.Object("ServiceEntry", "stripe", """{"hosts":["*.stripe.example"]}""");
        var cluster = Given.ClusterOf(
            Given.NoObjects with { VirtualServices = [route], ServiceEntries = [entry] },
            edges: [Given.Edge("api", "unknown", fromSource: Given.Http(ok: 3, failed: 1), host: "api.stripe.example")]);
        var view = RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[0];
        view.Notes.ShouldBeEmpty();
        view.Backends[0].Live.ShouldBe(new RouteLive(4, 0.25, null));
    }

    [Fact]
    public void Backend_TwoServicesOfOneWorkload_AreToldApartByHost()
    {
        var cluster = Given.ClusterOf(
            Given.NoObjects with { VirtualServices = [Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"a"},"weight":50},{"destination":{"host":"b"},"weight":50}]}]}""")] },
            [Given.Workload("w")],
            [Given.Service("a", workloads: ["w"]), Given.Service("b", workloads: ["w"])],
            [Given.Edge("x", "w", fromSource: Given.Http(ok: 3), host: "a.payments.svc.cluster.local"), Given.Edge("x", "w", fromSource: Given.Http(ok: 1), host: "b.payments.svc.cluster.local")]);
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[0].Backends.Select(b => b.ObservedShare).ShouldBe([0.75, 0.25]);
    }

    [Fact]
    public void Backend_SameDestinationTwice_HasNoObservedShare() =>
        Build(
            [Route("VirtualService", """{"http":[{"route":[{"destination":{"host":"card-processor","port":{"number":80}},"weight":50},{"destination":{"host":"card-processor","port":{"number":81}},"weight":50}]}]}""")],
            [Given.Edge("x", "card-v1", fromSource: Given.Http(ok: 3), host: Host)])[0].Backends.ShouldAllBe(b => b.ObservedShare == null && b.Live!.RequestsPerSecond == 3);

    [Fact]
    public void HttpRoute_Rules_AreRead()
    {
        var route = Route(
            "HTTPRoute",
            """
            {"parentRefs":[{"group":"","kind":"Service","name":"card-processor"},{"name":"edge","namespace":"infra"}],
             "hostnames":["pay.example"],
             "rules":[
               {"name":"beta","matches":[{"path":{"type":"PathPrefix","value":"/"},"headers":[{"name":"x-tier","value":"gold"},{"type":"RegularExpression","name":"y","value":".+"}]},{"path":{"type":"Exact","value":"/b"},"method":"GET","queryParams":[{"name":"q","value":"1"}]}],
                "backendRefs":[{"name":"card-processor","port":80,"weight":1}],"timeouts":{"request":"8s","backendRequest":"3s"},"retry":{"attempts":2,"codes":[502,503]}},
               {"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"backendRefs":[{"name":"other","namespace":"web","port":80}]},
               {"filters":[{"type":"RequestRedirect"}]}
             ]}
            """);
        var views = Build([route], []);
        views[0].Hosts.ShouldBe([Host, "pay.example"]);
        views[0].AppliesAt.ShouldBe(["mesh", "infra/edge"]);
        views[0].Rule.Matches.ShouldBe(["header x-tier is gold and header y matches .+", "method is GET and path is /b and query parameter q is 1"]);
        views[0].Policy.ShouldBe(new RoutePolicy("8s", 2, "3s", "502,503"));
        views[1].Summary.ShouldBe("all other requests");
        views[1].Backends[0].Host.ShouldBe("other.web.svc.cluster.local");
        views[1].Notes.ShouldContain("No ReferenceGrant in namespace web lets this route use Service other: its share is answered with 500.");
        views[2].Summary.ShouldBe("all other requests: redirected");
    }

    [Fact]
    public void HttpRoute_ReferenceGrant_LetsThrough()
    {
        var grant = Given.Object("ReferenceGrant", "g", """{"from":[{"group":"gateway.networking.k8s.io","kind":"HTTPRoute","namespace":"payments"}],"to":[{"group":"","kind":"Service"}]}""", "web");
        var cluster = Given.ClusterOf(
            Given.NoObjects with { HttpRoutes = [Route("HTTPRoute", """{"rules":[{"backendRefs":[{"name":"other","namespace":"web"}]}]}""")], ReferenceGrants = [grant] },
            services: [Given.Service("other", "web")]);
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All)[0].Notes.ShouldBeEmpty();
    }

    [Fact]
    public void GrpcRoute_Methods_AreRead()
    {
        var view = Build([Route("GRPCRoute", """{"parentRefs":[{"kind":"Gateway","name":"edge"}],"rules":[{"matches":[{"method":{"service":"pay.Cards","method":"Charge"}}],"backendRefs":[{"name":"card-processor"}]},{"matches":[{"method":"x"}]}]}""")], []);
        view[0].Protocol.ShouldBe("grpc");
        view[0].Id.ShouldBe("test/payments/GRPCRoute/r/grpc/0");
        view[0].Hosts.ShouldBe(["*"]);
        view[0].Summary.ShouldBe("gRPC service is pay.Cards and gRPC method is Charge");
        view[1].Summary.ShouldBe("gRPC method is something that cannot be read");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"hosts":7,"gateways":{"a":1},"http":{"a":1},"tls":"x","tcp":null}""")]
    [InlineData("""{"hosts":[null,7,["x"]],"http":[null,7,"x",[],{"route":"x"},{"route":[null,7,{}]},{"route":[{"destination":7,"weight":1.5}]}]}""")]
    [InlineData("""{"http":[{"match":{"uri":"x"},"retries":7,"timeout":8,"fault":[],"mirror":"x","mirrors":[7],"delegate":7,"redirect":7,"directResponse":"x"}]}""")]
    [InlineData("""{"rules":7,"parentRefs":"x","hostnames":{}}""")]
    [InlineData("""{"rules":[null,7,{"matches":7},{"matches":[null,{"path":7,"headers":"x","method":[]}]},{"backendRefs":[null,{"name":7,"weight":"x"}],"filters":[7],"timeouts":[],"retry":"x"}],"parentRefs":[null,7,{"kind":7}]}""")]
    [InlineData("""{"http":[{"name":"\ud800","match":[{"headers":{"\ud800":{"exact":"\ud800"}}}]}]}""")]
    public void AnyKind_HostileSpec_NeverThrows(string spec)
    {
        foreach (var kind in new[] { "VirtualService", "HTTPRoute", "GRPCRoute" })
        {
            var views = Build([Route(kind, spec)], []);
            views.ShouldAllBe(v => v.Summary.Length > 0);
            views.Select(v => v.Id).ShouldBeUnique();
        }
    }

    [Theory]
    [InlineData("[90,10]", "90:0.9,10:0.1")]
    [InlineData("[\"900m\",\"100m\"]", "900:0.9,100:0.1")]
    [InlineData("[\"500m\",1]", "500:0.33333,1000:0.66667")]
    [InlineData("[\"1\",\"3\"]", "1:0.25,3:0.75")]
    [InlineData("[\"1k\",\"1Ki\"]", "1000:0.49407,1024:0.50593")]
    [InlineData("[0,1]", "0:0,1:1")]
    [InlineData("[1]", "1:1")]
    [InlineData("[0,0]", "0:-,0:-", "add up to 0")]
    [InlineData("[-1,2]", "-1:-,2:-", "negative")]
    [InlineData("[null,2]", "-:-,2:-", "missing, or is no number")]
    [InlineData("[0.5,2]", "-:-,2:-", "missing, or is no number")]
    [InlineData("[\"1n\",2]", "-:-,2:-", "missing, or is no number")]
    [InlineData("[\"ten\",2]", "-:-,2:-", "missing, or is no number")]
    [InlineData("[\"99999999999999999999999999\",2]", "-:-,2:-", "missing, or is no number")]
    [InlineData("[[],{}]", "-:-,-:-", "missing, or is no number")]
    public void TrafficSplit_Weights_AreQuantitiesOrNumbers(string weights, string expected, string? note = null)
    {
        var backends = Given.Json(weights).EnumerateArray().Select((w, i) => $$"""{"service":"s{{i}}","weight":{{w.GetRawText()}}}""");
        var route = Build([Route("TrafficSplit", $$"""{"service":"card-processor","backends":[{{string.Join(',', backends)}}]}""")], [])[0];
        static string Text(double? number) => number is null ? "-" : number.Value.ToString("0.#####", System.Globalization.CultureInfo.InvariantCulture);
        string.Join(',', route.Backends.Select(b => $"{Text(b.Weight)}:{Text(b.Share)}")).ShouldBe(expected);
        if (note is not null)
        {
            route.Notes.ShouldContain(n => n.Contains(note));
        }
    }

    [Fact]
    public void TrafficSplit_IsARouteOfItsService()
    {
        var route = Build([Route("TrafficSplit", """{"service":"card-processor","matches":[{"kind":"HTTPRouteGroup","name":"beta"}],"backends":[{"service":"card-processor","weight":"900m"},{"service":"other","weight":"100m"}]}""")], [])[0];
        route.Id.ShouldBe("test/payments/TrafficSplit/r/http/0");
        route.Hosts.ShouldBe([Host]);
        route.AppliesAt.ShouldBe(["mesh"]);
        route.Rule.Matches.ShouldBe(["HTTPRouteGroup beta"]);
        route.Summary.ShouldBe("HTTPRouteGroup beta");
        route.Backends.Select(b => (b.Host, b.WeightText)).ShouldBe([(Host, "900m"), ("other.payments.svc.cluster.local", "100m")]);
        route.Notes.ShouldContain("Requests that match none of its route groups go to the service itself.");
        Build([Route("TrafficSplit", "{}")], [])[0].Notes.ShouldContain(n => n.Contains("names no service"));
    }

    [Fact]
    public void Match_FiveThousandCharacters_IsWholeInTheRuleAndCutInTheSummary()
    {
        var value = new string('x', 5000);
        var view = Build([Route("VirtualService", $$$$"""{"http":[{"match":[{"headers":{"a":{"exact":"{{{{value}}}}"}}}],"route":[]}]}""")], [])[0];
        view.Rule.Matches[0].Length.ShouldBe("header a is ".Length + 5000);
        view.Summary.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void Build_SeveralObjects_AreInStableOrderAndFiltered()
    {
        MeshObject In(string ns, string name) => Given.Object("VirtualService", name, """{"http":[{"route":[]}]}""", ns);
        var cluster = Given.ClusterOf(Given.NoObjects with { VirtualServices = [In("b", "z"), In("b", "a"), In("a", "z")], HttpRoutes = [Given.Object("HTTPRoute", "y", """{"rules":[{}]}""", "b")] });
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.All).Select(r => r.Id).ShouldBe(
            ["test/a/VirtualService/z/http/0", "test/b/HTTPRoute/y/http/0", "test/b/VirtualService/a/http/0", "test/b/VirtualService/z/http/0"]);
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.For(null, ["a"])).Length.ShouldBe(1);
        RouteInventory.Build(Given.Snapshot(cluster), MeshQuery.For("other", [])).ShouldBeEmpty();
        RouteInventory.Build(Given.Snapshot(Given.ClusterOf(new ClusterObjects())), MeshQuery.All).ShouldBeEmpty();
    }

    /// <summary>A VirtualService has hosts where the test says nothing of them: one without is a delegate.</summary>
    private static MeshObject Route(string kind, string spec) =>
        Given.Object(kind, "r", kind == "VirtualService" && spec.StartsWith("{\"", StringComparison.Ordinal) && !spec.Contains("\"hosts\"", StringComparison.Ordinal) ? $$"""{"hosts":["r"],{{spec[1..]}}""" : spec);

    private static RouteView[] Build(MeshObject[] routes, Edge[] edges, MeshObject[]? rules = null) =>
        [.. RouteInventory.Build(Given.Snapshot(Cluster(routes, edges, rules: rules)), MeshQuery.All)];

    private static ClusterSnapshot Cluster(MeshObject[] routes, Edge[] edges, bool telemetry = true, MeshObject[]? rules = null) => Given.ClusterOf(
        Given.NoObjects with
        {
            VirtualServices = [.. routes.Where(r => r.Kind == "VirtualService")],
            HttpRoutes = [.. routes.Where(r => r.Kind == "HTTPRoute")],
            GrpcRoutes = [.. routes.Where(r => r.Kind == "GRPCRoute")],
            TrafficSplits = [.. routes.Where(r => r.Kind == "TrafficSplit")],
            DestinationRules = [.. rules ?? [s_subsets]],
        },
        s_workloads,
        [s_service],
        edges,
        telemetry);
}
