using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Simulator.Kubernetes;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Writes;

/// <summary>
/// For any object, plan and policy: what is written is weights and one annotation, everything else is the same to the byte, and
/// the weights add up as planned. The patch is applied by the simulator's JSON patch, which is another implementation, and held
/// against an object that the test makes by itself.
/// </summary>
public sealed class WeightPatchProperties
{
    private static readonly string[] s_texts =
    [
        "plain", "with space", "quote\"s", "back\\slash", "new\nline", "<&>", "a/b~c~1", "\u202etfel", "\u2028", "日本", "🦀", "{}", "$ref", "yes", "0", "-", new string('x', 300),
    ];

    /// <summary>An object of any kind with one rule to move, and which that is.</summary>
    private static readonly Gen<Sample> s_samples =
        from kind in Gen.Elements("http", "tls", "tcp", "HTTPRoute", "GRPCRoute", "v1alpha1", "v1alpha4")
        from count in Gen.Choose(1, 4)
        from target in Gen.Choose(0, 3)
        from seed in Gen.Choose(0, int.MaxValue)
        select Sample.Make(kind, kind.StartsWith('v') ? 1 : count, kind.StartsWith('v') ? 0 : target % count, new Random(seed));

    private static readonly Gen<ChangePolicy> s_policies =
        from steps in Gen.Choose(-10, 120).ListOf()
        from soak in Gen.Choose(0, 1000)
        select ChangePolicy.Default with { DefaultSteps = [.. steps], MinSoak = TimeSpan.FromSeconds(soak) };

    private static readonly Gen<double?> s_targets = from p in Gen.Choose(-1, 1000) select p < 0 ? (double?)null : p / 10.0;

    [Fact]
    public void AnyPlan_WritesNothingButWeights() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Arb.From(s_samples), Arb.From(s_policies), Arb.From(s_targets), (sample, policy, percent) =>
        {
            var route = Routes(sample.Object)[sample.Rule];
            var outcome = ChangePlanner.Plan(new ChangeRequest(route.Id, TargetPercent: percent), route, policy);
            if (outcome.Plan is not { } plan)
            {
                outcome.Faults.Single().Code.ShouldBeOneOf("weights", "no-change");
                outcome.Faults[0].Message.ShouldAllBe(c => !char.IsControl(c));
                return;
            }

            var sum = plan.BaseWeights.Sum();
            var now = sample.Object;
            foreach (var (stage, index) in plan.Stages.Select((s, i) => (s, i)))
            {
                stage.Weights.Sum().ShouldBe(sum);
                stage.Weights.ShouldAllBe(w => w >= 0);
                now = Move(sample, now, plan, stage.Weights, $"w-{index}");
            }

            // The end is the nearest that the sum allows.
            Math.Abs(plan.CanaryShare(plan.Stages[^1].Weights)!.Value - (percent ?? 100) / 100).ShouldBeLessThanOrEqualTo((0.5 / sum) + 1e-9);

            // And back again, and all of it away.
            now = Move(sample, now, plan, plan.BaseWeights, "w-back");
            Move(sample, now, plan, WeightSplit.AllOn(plan.BaseWeights, plan.Stable), "w-stop");
        }));

    [Fact]
    public void AnyRestAmongOthers_IsInProportion() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(1000),
        Prop.ForAll(Arb.From(Gen.Choose(0, 1_000_000).ArrayOf()), Arb.From(Gen.Choose(0, 1000)), (weights, permille) =>
        {
            if (weights.Length < 2 || weights.Sum() == 0)
            {
                return;
            }

            var split = WeightSplit.WithCanaryAt([.. weights], 0, 1, permille / 10.0);
            split.Sum(w => (long)w).ShouldBe(weights.Sum(w => (long)w));
            split.ShouldAllBe(w => w >= 0);
            var (rest, others) = (split.Skip(1).Sum(w => (long)w), weights.Skip(1).Sum(w => (long)w));
            for (var i = 1; others > 0 && i < weights.Length; i++)
            {
                Math.Abs(split[i] - ((double)rest * weights[i] / others)).ShouldBeLessThan(1);
            }
        }));

    private static JsonElement Move(Sample sample, JsonElement now, ChangePlan plan, ImmutableArray<int> weights, string writeId)
    {
        var live = Live(now, plan.Target, plan.Backends);
        var patch = WeightPatch.Build(live, plan.Target, plan.Backends, weights, writeId);
        var operations = JsonNode.Parse(patch.Json)!.AsArray().Select(o => (Op: o!["op"]!.GetValue<string>(), Path: o["path"]!.GetValue<string>())).ToList();
        operations.SkipWhile(o => o.Op == "test").ShouldAllBe(o => o.Op != "test" && (o.Path.StartsWith("/metadata/annotations", StringComparison.Ordinal) || sample.WeightPaths.Contains(o.Path)));
        operations.Count(o => o.Op != "test" && o.Path.StartsWith("/metadata/annotations", StringComparison.Ordinal)).ShouldBe(1);
        operations.ShouldContain(("test", "/metadata/uid"));
        operations.ShouldContain(("test", "/metadata/resourceVersion"));

        var after = JsonPatch.Parse(JsonNode.Parse(patch.Json)).Apply(Node(now))!;

        // By hand: the same object with the weights set, and then everything but weights and the annotation as it was.
        var (bare, original) = (after.DeepClone(), Node(now));
        var shares = new List<decimal>();
        foreach (var node in new[] { bare, original })
        {
            var destinations = sample.Destinations(node);
            if (node == bare)
            {
                shares.AddRange(destinations.Select(d => sample.Read(d["weight"])));
            }

            foreach (var destination in destinations)
            {
                destination.Remove("weight");
            }

            var annotations = node["metadata"]!["annotations"] as JsonObject;
            annotations?.Remove("meshconsole.io/last-change");
            if (annotations is null or { Count: 0 })
            {
                node["metadata"]!.AsObject().Remove("annotations");
            }
        }

        bare.ToJsonString().ShouldBe(original.ToJsonString());
        shares.Select(s => s / shares.Sum()).ShouldBe(weights.Select(w => (decimal)w / weights.Sum()));
        after["metadata"]!["annotations"]!["meshconsole.io/last-change"]!.GetValue<string>().ShouldBe(writeId);

        var element = Element(after);
        ObjectDifferences.OnlyWeightsDiffer(now, element, plan.Target, plan.Backends, weights, writeId).ShouldBeNull();
        TargetRule.Find(element, plan.Target, plan.Backends).Weights.ShouldBe(weights);
        UnifiedDiff.OfWeights(now, plan.Target, plan.Backends, weights).Split('\n').Where(l => l.StartsWith('+') && !l.StartsWith("+++", StringComparison.Ordinal)).ShouldAllBe(l => l.Contains("weight:"));

        // Somebody else's edit, wherever it is, makes the patch fail: the resource version is part of it.
        var edited = Node(now);
        edited["metadata"]!["resourceVersion"] = "9999";
        Should.Throw<JsonPatchException>(() => JsonPatch.Parse(JsonNode.Parse(patch.Json)).Apply(edited));
        return element;
    }

    private sealed record Sample(string Kind, JsonElement Object, int Rule, string ListPath)
    {
        public ImmutableHashSet<string> WeightPaths => [.. Destinations(Node(Object)).Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"{ListPath}/{i}/weight"))];

        public static Sample Make(string kind, int rules, int target, Random random)
        {
            var annotations = random.Next(4) switch
            {
                0 => null,
                1 => "{}",
                2 => new JsonObject { [Text()] = Text(), ["meshconsole.io/last-change"] = Text() }.ToJsonString(),
                _ => new JsonObject { [Text()] = Text() }.ToJsonString(),
            };
            var (spec, apiVersion, name, path) = kind switch
            {
                "http" or "tls" or "tcp" => (new JsonObject { ["hosts"] = new JsonArray(Text()), [kind] = new JsonArray([.. Enumerable.Range(0, rules).Select(i => (JsonNode)Istio(i))]) }, RouteObjects.Istio, "VirtualService", $"/spec/{kind}/{target}/route"),
                "HTTPRoute" or "GRPCRoute" => (new JsonObject { ["hostnames"] = new JsonArray(Text()), ["rules"] = new JsonArray([.. Enumerable.Range(0, rules).Select(i => (JsonNode)Gateway(i))]) }, GatewayApi, kind, $"/spec/rules/{target}/backendRefs"),
                _ => (new JsonObject { ["service"] = "root", ["backends"] = Backends(i => new JsonObject { ["service"] = $"b{i}" }) }, $"split.smi-spec.io/{kind}", "TrafficSplit", "/spec/backends"),
            };
            return new Sample(name, RouteObjects.Object(apiVersion, name, spec.ToJsonString(), annotations), target, path);

            string Text() => s_texts[random.Next(s_texts.Length)];

            JsonObject Istio(int rule) => new()
            {
                ["name"] = $"{rule} {Text()}",
                ["match"] = new JsonArray(new JsonObject { ["gateways"] = new JsonArray(Text()), ["sourceNamespace"] = Text() }),
                ["route"] = Backends(i => new JsonObject { ["destination"] = new JsonObject { ["host"] = $"{i}.{Text()}", ["subset"] = Text() }, ["headers"] = Text() }),
                ["timeout"] = Text(),
            };

            JsonObject Gateway(int rule) => new()
            {
                ["name"] = $"{rule} {Text()}",
                ["matches"] = new JsonArray(new JsonObject { ["headers"] = new JsonArray(new JsonObject { ["name"] = Text(), ["value"] = Text() }) }),
                ["backendRefs"] = Backends(i => new JsonObject { ["name"] = $"b{i}", ["port"] = random.Next(1, 65536), ["filters"] = new JsonArray(Text()) }),
            };

            JsonArray Backends(Func<int, JsonObject> make) => new([.. Enumerable.Range(0, random.Next(2, 6)).Select(i =>
            {
                var backend = make(i);
                if (kind.StartsWith('v') || random.Next(5) > 0)
                {
                    backend["weight"] = Weight();
                }

                backend["z"] = Text();
                return (JsonNode)backend;
            })]);

            JsonNode Weight()
            {
                var weight = random.Next(4) == 0 ? 0 : random.Next(1, 1001);
                return kind == "v1alpha1"
                    ? random.Next(4) switch
                    {
                        0 => weight,
                        1 => weight.ToString(CultureInfo.InvariantCulture),
                        2 => $"{weight}m",
                        _ => (weight / 8m).ToString(CultureInfo.InvariantCulture),
                    }
                    : weight;
            }
        }

        public List<JsonObject> Destinations(JsonNode root)
        {
            JsonNode node = root;
            foreach (var step in ListPath.Split('/').Skip(1))
            {
                node = (node is JsonArray list ? list[int.Parse(step, CultureInfo.InvariantCulture)] : node[step])!;
            }

            return [.. node.AsArray().Select(d => d!.AsObject())];
        }

        /// <summary>What a weight is worth, read in the test's own way.</summary>
        public decimal Read(JsonNode? weight) => weight?.GetValueKind() switch
        {
            null => Kind is "HTTPRoute" or "GRPCRoute" ? 1 : 0,
            JsonValueKind.Number => weight.GetValue<int>(),
            _ when weight.GetValue<string>().EndsWith('m') => decimal.Parse(weight.GetValue<string>()[..^1], CultureInfo.InvariantCulture) / 1000,
            _ => decimal.Parse(weight.GetValue<string>(), CultureInfo.InvariantCulture),
        };
    }
}
