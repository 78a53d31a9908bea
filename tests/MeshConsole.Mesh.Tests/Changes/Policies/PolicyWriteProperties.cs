using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Simulator.Kubernetes;
using static MeshConsole.Mesh.Tests.Changes.Policies.GivenPolicy;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>
/// For any PeerAuthentication: a patch touches the mode and the mark and nothing else, and the way back leaves the spec that was
/// there, to the member. Applied by the simulator's JSON patch, which is another implementation.
/// </summary>
public sealed class PolicyWriteProperties
{
    private static readonly string[] s_texts = ["plain", "with space", "quote\"s", "back\\slash", "new\nline", "<&>", "a/b~c~1", "\u202etfel", "\u2028", "日本", "🦀", "{}", "$ref", "yes", "0", new string('x', 300)];
    private static readonly string[] s_modes = ["UNSET", "DISABLE", "PERMISSIVE", "STRICT"];

    private static readonly Gen<(string Spec, int? Port, string Mode, string Labels)> s_samples =
        from seed in Gen.Choose(0, int.MaxValue)
        select Make(new Random(seed));

    [Fact]
    public void AnyPolicy_IsEditedInItsModeOnly_AndRestored() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Arb.From(s_samples), sample =>
        {
            var policy = Object("any", sample.Spec) with { Meta = Given.Meta("any", labels: null) };
            var snapshot = Snapshot(policy);
            var outcome = PolicyPlanner.Plan(Request("payments", "token-vault", sample.Port, sample.Mode), snapshot, Rules);
            if (outcome.Plan is not { } plan)
            {
                outcome.Faults.ShouldHaveSingleItem().Code.ShouldBe("no-change");
                return;
            }

            var target = plan.Target;
            var before = Whole(policy, sample.Labels);
            var live = LiveTarget.Of(Element(before), target);
            if (target.Policy!.After is null)
            {
                Deleted(target, before, live);
                return;
            }

            live.Weights.ShouldBe(PolicyEdit.AsItWas);
            var there = PolicyWrite.Build(live, target, PolicyEdit.AsPlanned, "c.1");
            var after = Apply(there, before);
            PolicyState.Canonical(Element(after)).ShouldBe(target.Policy.After);
            there.Difference(Element(after), target).ShouldBeNull();
            Bare(after, sample.Port).ShouldBe(Bare(before, sample.Port), "everything but the mode and the mark is as it was");
            after["metadata"]!["annotations"]![TargetWrite.Annotation]!.GetValue<string>().ShouldBe("c.1");

            var back = Apply(PolicyWrite.Build(LiveTarget.Of(Element(after), target), target, PolicyEdit.AsItWas, "c.2"), after);
            PolicyState.Canonical(Element(back)).ShouldBe(target.Policy.Before);
            LiveTarget.Of(Element(back), target).Weights.ShouldBe(PolicyEdit.AsItWas);
            Bare(back, null, keepModes: true).ShouldBe(Bare(before, null, keepModes: true));
        }));

    [Fact]
    public void AnyPatch_IsRefusedOnceAnythingOfTheSpecIsAnother() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Arb.From(s_samples), sample =>
        {
            var policy = Object("any", sample.Spec) with { Meta = Given.Meta("any") };
            if (PolicyPlanner.Plan(Request("payments", "token-vault", sample.Port, sample.Mode), Snapshot(policy), Rules).Plan is not { Target.Policy.After: not null } plan)
            {
                return;
            }

            var before = Whole(policy, sample.Labels);
            var write = PolicyWrite.Build(LiveTarget.Of(Element(before), plan.Target), plan.Target, PolicyEdit.AsPlanned, "c.1");
            var edited = (JsonObject)before.DeepClone();
            edited["spec"]!["somethingElse"] = true;
            Should.Throw<JsonPatchException>(() => JsonPatch.Parse(JsonNode.Parse(write.Json)).Apply(edited));
        }));

    private static void Deleted(ChangeTarget target, JsonObject before, LiveTarget live)
    {
        // As the service does it: what the object is made anew with is taken from the object itself.
        target = target with { Policy = target.Policy! with { Labels = PolicyWrite.LabelsOf(live.Object), Annotations = PolicyWrite.AnnotationsOf(live.Object) } };
        var deletion = PolicyWrite.Build(live, target, PolicyEdit.AsPlanned, "c.1");
        (deletion.Verb, deletion.Uid).ShouldBe((TargetWrite.Delete, live.Uid));
        JsonNode.Parse(deletion.Json)!["preconditions"]!.ToJsonString().ShouldBe($$"""{"uid":"{{live.Uid}}","resourceVersion":"{{live.ResourceVersion}}"}""");

        var creation = PolicyWrite.Build(LiveTarget.Absent(PolicyEdit.AsPlanned), target, PolicyEdit.AsItWas, "c.2");
        creation.Verb.ShouldBe(TargetWrite.Create);
        var made = JsonNode.Parse(creation.Json)!;
        made["metadata"]!["annotations"]!.AsObject().Remove(TargetWrite.Annotation).ShouldBeTrue();
        JsonNode.DeepEquals(made["spec"], before["spec"]).ShouldBeTrue();
        JsonNode.DeepEquals(made["metadata"]!["labels"] ?? new JsonObject(), before["metadata"]!["labels"] ?? new JsonObject()).ShouldBeTrue();
        JsonNode.DeepEquals(made["metadata"]!["annotations"], before["metadata"]!["annotations"]).ShouldBeTrue();
    }

    private static JsonObject Apply(PolicyWrite write, JsonObject to)
    {
        write.Verb.ShouldBe(TargetWrite.Patch);
        var operations = JsonNode.Parse(write.Json)!.AsArray().Select(o => (Op: o!["op"]!.GetValue<string>(), Path: o["path"]!.GetValue<string>())).ToList();
        operations.Where(o => o.Op == "test").Select(o => o.Path).ShouldBe(["/metadata/uid", "/metadata/resourceVersion", "/spec"]);
        operations.Where(o => o.Op != "test").ShouldAllBe(o => o.Path.StartsWith("/spec/mtls", StringComparison.Ordinal) || o.Path.StartsWith("/spec/portLevelMtls", StringComparison.Ordinal) || o.Path.StartsWith("/metadata/annotations", StringComparison.Ordinal));
        operations.Count(o => o.Op != "test").ShouldBe(2);
        return JsonPatch.Parse(JsonNode.Parse(write.Json)).Apply(to.DeepClone())!.AsObject();
    }

    /// <summary>Without the one mode that may change, the containers that it left empty, and the mark.</summary>
    private static string Bare(JsonObject item, int? port, bool keepModes = false)
    {
        var copy = (JsonObject)item.DeepClone();
        if (copy["metadata"]!["annotations"] is JsonObject annotations)
        {
            annotations.Remove(TargetWrite.Annotation);
            if (annotations.Count == 0)
            {
                copy["metadata"]!.AsObject().Remove("annotations");
            }
        }

        var spec = copy["spec"]!.AsObject();
        if (!keepModes && port is null && spec["mtls"] is JsonObject mtls)
        {
            mtls.Remove("mode");
            if (mtls.Count == 0)
            {
                spec.Remove("mtls");
            }
        }
        else if (!keepModes && port is { } number && spec["portLevelMtls"] is JsonObject ports && ports[Key(number)] is JsonObject own)
        {
            own.Remove("mode");
            if (own.Count == 0)
            {
                ports.Remove(Key(number));
            }

            if (ports.Count == 0)
            {
                spec.Remove("portLevelMtls");
            }
        }

        return Mesh.Audit.CanonicalJson.Write(Element(copy));
    }

    private static (string Spec, int? Port, string Mode, string Labels) Make(Random random)
    {
        var spec = new JsonObject { ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "token-vault" } } };
        if (random.Next(4) > 0)
        {
            spec["mtls"] = Mode(random);
        }

        if (random.Next(3) > 0)
        {
            var ports = new JsonObject();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                ports[Key(random.Next(1, 4) * 1000)] = Mode(random);
            }

            spec["portLevelMtls"] = ports;
        }

        if (random.Next(2) == 0)
        {
            spec[s_texts[random.Next(s_texts.Length)]] = s_texts[random.Next(s_texts.Length)];
        }

        var labels = new JsonObject();
        for (var i = random.Next(4); i > 0; i--)
        {
            labels[s_texts[random.Next(s_texts.Length)]] = s_texts[random.Next(s_texts.Length)];
        }

        return (spec.ToJsonString(), random.Next(2) == 0 ? null : random.Next(1, 4) * 1000, (string)((object[])["STRICT", "PERMISSIVE", "UNSET"])[random.Next(3)], labels.ToJsonString());
    }

    private static JsonObject Mode(Random random) => random.Next(6) == 0
        ? new JsonObject { ["mode"] = s_modes[random.Next(4)], [s_texts[random.Next(s_texts.Length)]] = 1 }
        : new JsonObject { ["mode"] = s_modes[random.Next(4)] };

    private static JsonObject Whole(MeshObject policy, string labels) => new()
    {
        ["apiVersion"] = policy.ApiVersion,
        ["kind"] = policy.Kind,
        ["metadata"] = new JsonObject { ["name"] = policy.Meta.Name, ["namespace"] = policy.Meta.Namespace, ["uid"] = policy.Meta.Uid, ["resourceVersion"] = "7", ["labels"] = JsonNode.Parse(labels), ["annotations"] = JsonNode.Parse(labels) },
        ["spec"] = JsonNode.Parse(policy.Spec.GetRawText()),
    };

    private static string Key(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node);
}
