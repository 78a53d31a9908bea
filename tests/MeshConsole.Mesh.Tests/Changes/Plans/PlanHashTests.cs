using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Mtls.Readiness;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Plans;

public sealed class PlanHashTests
{
    private static readonly ChangePolicy s_policy = ChangePolicy.Default with { FreezeWindows = [new FreezeWindow("night", "0 22 * * *", TimeSpan.FromHours(8), "Europe/Berlin", ["payments"])] };
    private static readonly ChangeBase s_base = new("4f1c", "1234", SpecHash.Of(CardProcessor));
    private static readonly ChangePlan s_plan = ChangePlanner.Plan(new ChangeRequest("x", Reason: "why", Ticket: "T-1"), Route(CardProcessor, 1), s_policy).Plan!;

    private static readonly PolicyEdit s_edit = new(new StrictScope("main", "payments", "token-vault"), "PERMISSIVE", "STRICT", """{"mtls":{"mode":"PERMISSIVE"}}""", """{"mtls":{"mode":"STRICT"}}""", ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty);

    [Fact]
    public void Same_PlanBaseAndPolicy_HaveTheSameHash()
    {
        var copy = s_plan with { Stages = [.. s_plan.Stages], Backends = [.. s_plan.Backends], Target = s_plan.Target with { Matches = [.. s_plan.Target.Matches] } };
        PlanHash.Of(copy, s_base with { ResourceVersion = "9999" }, s_policy with { FreezeWindows = [.. s_policy.FreezeWindows] }).ShouldBe(PlanHash.Of(s_plan, s_base, s_policy));
        PlanHash.Of(s_plan, s_base, s_policy).ShouldMatch("^[0-9a-f]{64}$");
        PlanHash.OfPolicy(s_policy).ShouldMatch("^[0-9a-f]{64}$");
    }

    public static TheoryData<string> Changed => [.. Variants.Keys];

    private static Dictionary<string, (ChangePlan Plan, ChangeBase Base, ChangePolicy Policy)> Variants => new(StringComparer.Ordinal)
    {
        ["uid of the target"] = (s_plan with { Target = s_plan.Target with { Uid = "other" } }, s_base, s_policy),
        ["rule"] = (s_plan with { Target = s_plan.Target with { RuleIndex = 0 } }, s_base, s_policy),
        ["rule name"] = (s_plan with { Target = s_plan.Target with { RuleName = "" } }, s_base, s_policy),
        ["matches"] = (s_plan with { Target = s_plan.Target with { Matches = ["a", "b"] } }, s_base, s_policy),
        ["matches joined"] = (s_plan with { Target = s_plan.Target with { Matches = ["a\",\"b"] } }, s_base, s_policy),
        ["cluster"] = (s_plan with { Target = s_plan.Target with { Cluster = "other" } }, s_base, s_policy),
        ["host"] = (s_plan with { Backends = s_plan.Backends.SetItem(1, s_plan.Backends[1] with { Host = "evil.example.com" }) }, s_base, s_policy),
        ["base weight"] = (s_plan with { Backends = s_plan.Backends.SetItem(1, s_plan.Backends[1] with { BaseWeight = 11 }) }, s_base, s_policy),
        ["canary"] = (s_plan with { Canary = 0, Stable = 1 }, s_base, s_policy),
        ["weights"] = (s_plan with { Stages = s_plan.Stages.SetItem(0, s_plan.Stages[0] with { Weights = [74, 26] }) }, s_base, s_policy),
        ["stage left out"] = (s_plan with { Stages = s_plan.Stages.RemoveAt(0) }, s_base, s_policy),
        ["soak"] = (s_plan with { Stages = s_plan.Stages.SetItem(0, s_plan.Stages[0] with { Soak = TimeSpan.FromTicks(1) }) }, s_base, s_policy),
        ["time"] = (s_plan with { Stages = s_plan.Stages.SetItem(0, s_plan.Stages[0] with { NotBefore = Given.Now }) }, s_base, s_policy),
        ["gates"] = (s_plan with { Gates = s_plan.Gates with { MaxErrorRatio = 0.0200001 } }, s_base, s_policy),
        ["gates on trial"] = (s_plan with { Gates = s_plan.Gates with { ObserveOnly = true } }, s_base, s_policy),
        ["reason"] = (s_plan with { Reason = "why not" }, s_base, s_policy),
        ["ticket"] = (s_plan with { Ticket = null }, s_base, s_policy),
        ["base object"] = (s_plan, s_base with { Uid = "other" }, s_policy),
        ["base spec"] = (s_plan, s_base with { SpecHash = new string('0', 64) }, s_policy),
        ["policy edit"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit } }, s_base, s_policy),
        ["policy edit before"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { Before = "{}" } } }, s_base, s_policy),
        ["policy edit after"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { After = null } } }, s_base, s_policy),
        ["policy edit from"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { From = "UNSET" } } }, s_base, s_policy),
        ["policy edit to"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { To = "DISABLE" } } }, s_base, s_policy),
        ["policy edit port"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { Scope = s_edit.Scope with { Port = 8080 } } } }, s_base, s_policy),
        ["policy edit workload"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { Scope = s_edit.Scope with { Workload = null } } } }, s_base, s_policy),
        ["policy edit labels"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { Labels = s_edit.Labels.Add("a", "b") } } }, s_base, s_policy),
        ["policy edit annotations"] = (s_plan with { Target = s_plan.Target with { Policy = s_edit with { Annotations = s_edit.Annotations.Add("a", "b") } } }, s_base, s_policy),
        ["policy look-back"] = (s_plan, s_base, s_policy with { StrictLookback = TimeSpan.FromDays(8) }),
        ["policy step"] = (s_plan, s_base, s_policy with { MaxStepPercent = 51 }),
        ["policy approvals"] = (s_plan, s_base, s_policy with { RequiredApprovals = 0 }),
        ["policy freeze"] = (s_plan, s_base, s_policy with { FreezeWindows = [s_policy.FreezeWindows[0] with { Allow = true }] }),
        ["policy namespaces"] = (s_plan, s_base, s_policy with { ReadOnlyNamespaces = ["x"] }),
    };

    [Theory]
    [MemberData(nameof(Changed))]
    public void Other_AnyOfThem_HasAnotherHash(string what)
    {
        var (plan, @base, policy) = Variants[what];
        PlanHash.Of(plan, @base, policy).ShouldNotBe(PlanHash.Of(s_plan, s_base, s_policy));
        (PlanHash.OfPolicy(policy) == PlanHash.OfPolicy(s_policy)).ShouldBe(!(what.StartsWith("policy", StringComparison.Ordinal) && !what.StartsWith("policy edit", StringComparison.Ordinal)));
        Variants.Values.Select(v => PlanHash.Of(v.Plan, v.Base, v.Policy)).Distinct().Count().ShouldBe(Variants.Count);
    }

    /// <summary>Whoever adds a member decides here, too, whether approvers decide on it.</summary>
    [Theory]
    [InlineData(typeof(ChangePlan), 9)]
    [InlineData(typeof(ChangeTarget), 13)]
    [InlineData(typeof(PlanBackend), 5)]
    [InlineData(typeof(PlanStage), 3)]
    [InlineData(typeof(GateSettings), 12)]
    [InlineData(typeof(ChangePolicy), 14)]
    [InlineData(typeof(FreezeWindow), 6)]
    [InlineData(typeof(PolicyEdit), 7)]
    public void Members_OfWhatIsHashed_AreCounted(Type type, int members) =>
        type.GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance).Length.ShouldBe(members);

    [Fact]
    public void SpecHash_IsOfTheSpecAlone()
    {
        var node = Node(CardProcessor);
        node["metadata"]!["resourceVersion"] = "9";
        node["status"] = null;
        SpecHash.Of(Element(node)).ShouldBe(SpecHash.Of(CardProcessor));
        node["spec"]!["http"]![0]!["route"]![0]!["weight"] = 99;
        SpecHash.Of(Element(node)).ShouldNotBe(SpecHash.Of(CardProcessor));
        SpecHash.Of(Given.Json("{}")).ShouldMatch("^[0-9a-f]{64}$");
    }
}
