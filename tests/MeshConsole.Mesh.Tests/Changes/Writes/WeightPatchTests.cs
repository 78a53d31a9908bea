using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Simulator.Kubernetes;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Writes;

public sealed class WeightPatchTests
{
    [Fact]
    public void CardProcessor_IsMovedByExactlyThesePatches()
    {
        var (patch, _) = Patch(CardProcessor, 1, [75, 25]);

        Lines(patch).ShouldBe(
            """
            {"op":"test","path":"/metadata/uid","value":"4f1c"}
            {"op":"test","path":"/metadata/resourceVersion","value":"1234"}
            {"op":"test","path":"/spec/http/1/route/0/destination","value":{ "host": "card-processor", "subset": "v1" }}
            {"op":"test","path":"/spec/http/1/route/1/destination","value":{ "host": "card-processor", "subset": "v2" }}
            {"op":"test","path":"/spec/http/1/route/0/weight","value":90}
            {"op":"test","path":"/spec/http/1/route/1/weight","value":10}
            {"op":"replace","path":"/spec/http/1/route/0/weight","value":75}
            {"op":"replace","path":"/spec/http/1/route/1/weight","value":25}
            {"op":"add","path":"/metadata/annotations","value":{"meshconsole.io/last-change":"w-1"}}
            """);
        (patch.WriteId, patch.ResourceVersion).ShouldBe(("w-1", "1234"));
        patch.Weights.ShouldBe([75, 25]);
    }

    [Theory]
    [InlineData(null, """{"op":"add","path":"/metadata/annotations","value":{"meshconsole.io/last-change":"w-1"}}""")]
    [InlineData("null", """{"op":"add","path":"/metadata/annotations","value":{"meshconsole.io/last-change":"w-1"}}""")]
    [InlineData("{}", """{"op":"add","path":"/metadata/annotations/meshconsole.io~1last-change","value":"w-1"}""")]
    [InlineData("""{"a/b~c":"d"}""", """{"op":"add","path":"/metadata/annotations/meshconsole.io~1last-change","value":"w-1"}""")]
    [InlineData("""{"meshconsole.io/last-change":"w-0"}""", """{"op":"replace","path":"/metadata/annotations/meshconsole.io~1last-change","value":"w-1"}""")]
    public void Annotation_IsWrittenIntoWhatIsThere(string? annotations, string expected)
    {
        var rule = """{"hosts":["x"],"http":[{"name":"r","match":[{"port":8080}],"route":[{"destination":{"host":"a"},"weight":1},{"destination":{"host":"b"}}]}]}""";
        var (patch, after) = Patch(VirtualService(rule, annotations), 0, [0, 1]);

        Lines(patch).Split('\n')[^1].ShouldBe(expected);
        after["metadata"]!["annotations"]!["meshconsole.io/last-change"]!.GetValue<string>().ShouldBe("w-1");
        if (annotations?.Contains("a/b~c", StringComparison.Ordinal) == true)
        {
            after["metadata"]!["annotations"]!["a/b~c"]!.GetValue<string>().ShouldBe("d");
        }
    }

    [Fact]
    public void Weight_Omitted_IsAdded()
    {
        var (patch, after) = Patch(VirtualService("""{"hosts":["x"],"http":[{"name":"r","match":[{"port":8080}],"route":[{"destination":{"host":"a"},"weight":1},{"destination":{"host":"b"}}]}]}"""), 0, [0, 1]);
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/http/0/name","value":"r"}""");
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/http/0/match","value":[{"port":8080}]}""");
        Lines(patch).ShouldContain("""{"op":"add","path":"/spec/http/0/route/1/weight","value":1}""");
        Lines(patch).ShouldNotContain("""{"op":"test","path":"/spec/http/0/route/1/weight""");
        after["spec"]!["http"]![0]!["route"]!.ToJsonString().ShouldBe("""[{"destination":{"host":"a"},"weight":0},{"destination":{"host":"b"},"weight":1}]""");

        // Both stand for 1 in the Gateway API: what stays at 1 is not written.
        (patch, after) = Patch(HttpRoute("""{"rules":[{"backendRefs":[{"name":"a","port":80},{"name":"b","port":80,"namespace":"web"}]}]}"""), 0, [2, 0]);
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/rules/0/backendRefs/1/namespace","value":"web"}""");
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/rules/0/backendRefs/0/port","value":80}""");
        after["spec"]!["rules"]![0]!["backendRefs"]!.ToJsonString().ShouldBe("""[{"name":"a","port":80,"weight":2},{"name":"b","port":80,"namespace":"web","weight":0}]""");
        Lines(Patch(HttpRoute("""{"rules":[{"backendRefs":[{"name":"a"},{"name":"b","weight":3}]}]}"""), 0, [1, 0]).Patch).ShouldNotContain("backendRefs/0/weight");
    }

    [Theory]
    [InlineData("tls", """{"hosts":["x"],"tls":[{"match":[{"sniHosts":["x"]}],"route":[{"destination":{"host":"a"},"weight":60},{"destination":{"host":"b"},"weight":40}]}]}""", "/spec/tls/0/route/0/weight")]
    [InlineData("tcp", """{"hosts":["x"],"tcp":[{"route":[{"destination":{"host":"a","port":{"number":5432}},"weight":60},{"destination":{"host":"b","port":{"number":5432}},"weight":40}]}]}""", "/spec/tcp/0/route/0/weight")]
    public void ConnectionRules_AreMoved(string protocol, string spec, string path)
    {
        var @object = VirtualService(spec);
        var (patch, after) = Patch(@object, 0, [0, 100]);
        Route(@object).Protocol.ShouldBe(protocol);
        Lines(patch).ShouldContain($$"""{"op":"replace","path":"{{path}}","value":0}""");
        after["spec"]![protocol]![0]!["route"]![1]!["weight"]!.GetValue<int>().ShouldBe(100);
    }

    [Fact]
    public void GrpcRoute_IsMoved()
    {
        var (patch, after) = Patch(
            Object(GatewayApi, "GRPCRoute", """{"parentRefs":[{"group":"","kind":"Service","name":"ledger"}],"rules":[{"name":"r","matches":[{"method":{"service":"ledger.Ledger"}}],"backendRefs":[{"name":"v1","port":80,"weight":90},{"name":"v2","port":80,"weight":10}]}]}"""),
            0,
            [50, 50]);
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/rules/0/matches","value":[{"method":{"service":"ledger.Ledger"}}]}""");
        after["spec"]!["rules"]![0]!["backendRefs"]![1]!["weight"]!.GetValue<int>().ShouldBe(50);
    }

    [Theory]
    [InlineData("v1alpha4", "[90,10]", "[75,25]", "[75,25]")]
    [InlineData("v1alpha1", "[90,10]", "[75,25]", "[75,25]")]
    [InlineData("v1alpha1", """["90","10"]""", "[75,25]", """["75","25"]""")]
    [InlineData("v1alpha1", """["900m","100m"]""", "[750,250]", """["750m","250m"]""")]
    [InlineData("v1alpha1", """["900m","100m"]""", "[0,1000]", """["0m","1000m"]""")]
    [InlineData("v1alpha1", """["500m",1]""", "[750,750]", """["750m","750m"]""")]
    [InlineData("v1alpha1", """["500m",1]""", "[1500,0]", """["1500m",0]""")]
    [InlineData("v1alpha1", """["0.5","1.5"]""", "[1000,1000]", """["1000m","1000m"]""")]
    [InlineData("v1alpha1", """["1k","1k"]""", "[1500,500]", """["1500","500"]""")]
    public void TrafficSplit_KeepsTheWrittenForm(string version, string weights, string next, string expected)
    {
        var written = Given.Json(weights).EnumerateArray().ToList();
        var split = TrafficSplit($$"""{"service":"card","backends":[{"service":"a","weight":{{written[0].GetRawText()}}},{"service":"b","weight":{{written[1].GetRawText()}}}]}""", version);
        var (patch, after) = Patch(split, 0, [.. Given.Json(next).EnumerateArray().Select(w => w.GetInt32())]);
        Lines(patch).ShouldContain("""{"op":"test","path":"/spec/backends/0/service","value":"a"}""");
        Lines(patch).ShouldContain($$"""{"op":"test","path":"/spec/backends/0/weight","value":{{written[0].GetRawText()}}}""");
        new JsonArray([.. after["spec"]!["backends"]!.AsArray().Select(b => b!["weight"]!.DeepClone())]).ToJsonString().ShouldBe(expected);

        // Read again, the weights are those of the plan, in the same units.
        var route = Route(split);
        TargetRule.Find(Element(after), ChangeTarget.Of(route), Backends(route)).Weights.ShouldBe([.. Given.Json(next).EnumerateArray().Select(w => w.GetInt32())]);
    }

    [Fact]
    public void Values_AreTestedInTheServersOwnBytes()
    {
        // As Go writes them: its JSON patch compares strings as they are written.
        var (patch, _) = Patch(VirtualService("""{"hosts":["x"],"http":[{"name":"a\u003cb\u0026c","match":[{"uri":{"regex":"^/(a|b)\\u0026.*\u2028é日"}}],"route":[{"destination":{"host":"a","subset":"\u003e"},"weight":1},{"destination":{"host":"b"},"weight":1}]}]}"""), 0, [0, 1]);
        patch.Json.ShouldContain("""{"op":"test","path":"/spec/http/0/name","value":"a\u003cb\u0026c"}""");
        patch.Json.ShouldContain("""[{"uri":{"regex":"^/(a|b)\\u0026.*\u2028é日"}}]""");
        patch.Json.ShouldContain("""{"host":"a","subset":"\u003e"}""");
    }

    [Fact]
    public void Delegate_IsFoundByWhatItSaysItself()
    {
        var rule = """[{"name":"own","match":[{"uri":{"prefix":"/cards/v2"}}],"route":[{"destination":{"host":"a.example.com"},"weight":90},{"destination":{"host":"b.example.com"},"weight":10}]}]""";
        var @object = VirtualService($$"""{"http":{{rule}}}""");
        var root = Given.Object("VirtualService", "root", """{"hosts":["cards"],"http":[{"name":"root","match":[{"uri":{"prefix":"/cards"}}],"delegate":{"name":"card-processor"}}]}""", apiVersion: Istio);
        var own = new MeshConsole.Mesh.Kubernetes.Parsing.MeshObjectParser(Istio, "VirtualService").Parse(System.Text.Encoding.UTF8.GetBytes(@object.GetRawText()));
        var route = RouteInventory.Build(Given.Snapshot(Given.ClusterOf(Given.NoObjects with { VirtualServices = [own, root] })), MeshConsole.Mesh.Snapshots.MeshQuery.All).First(r => r.Object.Name == "card-processor");
        route.Rule.Name.ShouldBe("root-own");

        var (target, backends) = (ChangeTarget.Of(route), Backends(route));
        target.RuleName.ShouldBe("own");
        TargetRule.Find(@object, target, backends).Weights.ShouldBe([90, 10]);
    }

    [Fact]
    public void Rule_Moved_IsFoundWhereItIsNow()
    {
        var before = CardProcessor;
        var node = Node(before);
        var rules = node["spec"]!["http"]!.AsArray();
        rules.Insert(0, JsonNode.Parse("""{"match":[{"uri":{"prefix":"/new"}}],"redirect":{"uri":"/"}}"""));
        var (patch, _) = Patch(Element(node), 1, [50, 50], planned: before);
        patch.Json.ShouldContain("/spec/http/2/route/0/weight");
        patch.Json.ShouldNotContain("/spec/http/1/");
    }

    [Fact]
    public void Rule_Other_IsSaidToHaveChanged()
    {
        Changed(n => n["metadata"]!["uid"] = "new").ShouldContain("deleted and made anew");
        Changed(n => n["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z").ShouldContain("is being deleted");
        Changed(n => n["spec"]!["http"]!.AsArray().RemoveAt(1)).ShouldContain("it has no http rule 1 any more");
        Changed(n => n["spec"]!["http"]![1]!["name"] = "x").ShouldContain("its name is x instead of none");
        Changed(n => n["spec"]!["http"]![1]!["match"] = JsonNode.Parse("""[{"port":80}]""")).ShouldContain("instead of everything");
        Changed(n => n["spec"]!["http"]![1]!["route"]![1]!["destination"]!["subset"] = "v3").ShouldContain("backend 1 is card-processor.payments.svc.cluster.local subset v3 instead of card-processor.payments.svc.cluster.local subset v2");
        Changed(n => n["spec"]!["http"]![1]!["route"]![1]!["destination"]!["port"] = JsonNode.Parse("""{"number":9}""")).ShouldContain("port 9");
        Changed(n => n["spec"]!["http"]![1]!["route"]!.AsArray().RemoveAt(1)).ShouldContain("sends to 1 backends instead of 2");
        Changed(n => n["spec"]!["http"]![1]!["route"]![1]!["weight"] = "10").ShouldContain("weight 1 of the rule is \"10\", which is no weight");
        Changed(n => n["spec"] = null).ShouldContain("any more");
        Changed(n =>
        {
            var rules = n["spec"]!["http"]!.AsArray();
            rules.Add(rules[1]!.DeepClone());
            rules.Add(rules[1]!.DeepClone());
            rules.RemoveAt(1);
            rules.Insert(1, rules[0]!.DeepClone());
        }).ShouldContain("2 rules are like it now");

        static string Changed(Action<JsonNode> change)
        {
            var node = Node(CardProcessor);
            change(node);
            var message = Should.Throw<TargetChangedException>(() => Patch(Element(node), 1, [50, 50], planned: CardProcessor)).Message;
            message.ShouldContain("Nothing was written");
            return message;
        }
    }

    [Fact]
    public void Build_ImpossibleWeights_AreRefused()
    {
        Should.Throw<ArgumentException>(() => Patch(CardProcessor, 1, [100]));
        Should.Throw<ArgumentException>(() => Patch(CardProcessor, 1, [-1, 101]));
        Should.Throw<ArgumentException>(() => Patch(CardProcessor, 1, [0, 0]));
        Should.Throw<ArgumentException>(() => Patch(CardProcessor, 1, default));
        Should.Throw<ArgumentException>(() => WeightPatch.Build(new LiveTarget(CardProcessor, "", "", "", [], null), ChangeTarget.Of(Route(CardProcessor, 1)), Backends(Route(CardProcessor, 1)), [50, 50], " "));
    }

    [Theory]
    [InlineData("/spec/http/0/timeout", "\"1s\"")]
    [InlineData("/spec/http/0/route/0/weight", "99")]
    [InlineData("/spec/http/1/timeout", "\"9s\"")]
    [InlineData("/spec/http/1/route/0/weight", "76")]
    [InlineData("/spec/extra", "{}")]
    [InlineData("/metadata/labels", "{\"injected\":\"yes\"}")]
    [InlineData("/metadata/uid", "\"other\"")]
    [InlineData("/metadata/annotations/meshconsole.io~1last-change", "\"w-2\"")]
    [InlineData("/metadata/resourceVersion", "\"9\"", true)]
    [InlineData("/metadata/generation", "5", true)]
    [InlineData("/metadata/managedFields", "[]", true)]
    [InlineData("/status", "{\"x\":1}", true)]
    public void Answer_OfAnythingElseThanTheWeights_IsSaid(string path, string value, bool allowed = false)
    {
        var route = Route(CardProcessor, 1);
        var (_, after) = Patch(CardProcessor, 1, [75, 25]);
        var answer = JsonPatch.Parse(JsonNode.Parse($$"""[{"op":"add","path":"{{path}}","value":{{value}}}]""")).Apply(after)!;
        var said = ObjectDifferences.OnlyWeightsDiffer(CardProcessor, Element(answer), ChangeTarget.Of(route), Backends(route), [75, 25], "w-1");
        if (allowed)
        {
            said.ShouldBeNull();
        }
        else
        {
            said.ShouldNotBeNull().ShouldContain(path);
        }
    }

    private static (WeightPatch Patch, JsonNode After) Patch(JsonElement @object, int rule, ImmutableArray<int> weights, JsonElement? planned = null)
    {
        var route = Route(planned ?? @object, rule);
        var (target, backends) = (ChangeTarget.Of(route), Backends(route));
        var patch = WeightPatch.Build(Live(@object, target, backends), target, backends, weights, "w-1");
        var after = JsonPatch.Parse(JsonNode.Parse(patch.Json)).Apply(Node(@object))!;
        JsonNode.DeepEquals(after, Node(WeightedObject.With(@object, target, backends, weights, "w-1"))).ShouldBeTrue();
        ObjectDifferences.OnlyWeightsDiffer(@object, Element(after), target, backends, weights, "w-1").ShouldBeNull();
        return (patch, after);
    }

    /// <summary>One operation a line, with the spaces that its values have in the object.</summary>
    private static string Lines(WeightPatch patch) => patch.Json[1..^1].Replace("},{\"op\"", "}\n{\"op\"", StringComparison.Ordinal);
}
