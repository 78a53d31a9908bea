using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using static MeshConsole.Mesh.Tests.Changes.Policies.GivenPolicy;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>Which object a request for a mode comes to, and what of it changes.</summary>
public sealed class PolicyPlannerTests
{
    private static readonly MeshObject s_vault = Object("vault-policy", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"PERMISSIVE"},"portLevelMtls":{"9090":{"mode":"DISABLE"}}}""");
    private static readonly MeshObject s_space = Object("default", """{"mtls":{"mode":"PERMISSIVE"}}""");

    [Fact]
    public void PolicyOfThatLevel_IsEdited_AndOnlyItsMode()
    {
        var target = Plan(Snapshot(s_space, s_vault), "payments", "token-vault").Target;
        (target.Name, target.Uid, target.ApiVersion, target.Key).ShouldBe(("vault-policy", s_vault.Meta.Uid, "security.istio.io/v1", "test/payments/PeerAuthentication/vault-policy"));
        var edit = target.Policy!;
        (edit.From, edit.To).ShouldBe(("PERMISSIVE", "STRICT"));
        edit.Before.ShouldBe("""{"mtls":{"mode":"PERMISSIVE"},"portLevelMtls":{"9090":{"mode":"DISABLE"}},"selector":{"matchLabels":{"app":"token-vault"}}}""");
        edit.After.ShouldBe("""{"mtls":{"mode":"STRICT"},"portLevelMtls":{"9090":{"mode":"DISABLE"}},"selector":{"matchLabels":{"app":"token-vault"}}}""");
        (target.Say(PolicyEdit.AsItWas), target.Say(PolicyEdit.AsPlanned), target.Say(PolicyEdit.Neither)).ShouldBe(("PERMISSIVE", "STRICT", "something else"));
    }

    [Fact]
    public void Plan_HasOneStageAndAVectorOfOne()
    {
        var plan = Plan(Snapshot(s_vault), "payments", "token-vault");
        plan.BaseWeights.ShouldBe([0]);
        plan.Stages.ShouldHaveSingleItem().Weights.ShouldBe([1]);
        plan.Stages[0].Soak.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData("payments", "token-vault", "token-vault", "payments", """{"mtls":{"mode":"STRICT"},"selector":{"matchLabels":{"app":"token-vault"}}}""")]
    [InlineData("payments", "card-processor-v1", "card-processor-v1", "payments", """{"mtls":{"mode":"STRICT"},"selector":{"matchLabels":{"app":"card-processor","version":"v1"}}}""")]
    [InlineData("payments", null, "default", "payments", """{"mtls":{"mode":"STRICT"}}""")]
    [InlineData(null, null, "default", "istio-system", """{"mtls":{"mode":"STRICT"}}""")]
    public void NoPolicyOfThatLevel_OneIsMade_WithASelectorOfExactlyItsPods(string? @namespace, string? workload, string name, string place, string spec)
    {
        var target = Plan(Snapshot(), @namespace, workload).Target;
        (target.Name, target.Namespace, target.Uid).ShouldBe((name, place, ""));
        (target.Policy!.From, target.Policy.Before, target.Policy.After).ShouldBe((PolicyEdit.None, null, spec));
        target.Policy.Verbs(goingBack: false).ShouldBe(["create", "delete"]);
        target.Policy.Verbs(goingBack: true).ShouldBe(["delete"]);
    }

    [Fact]
    public void Port_IsSetInThePolicyOfTheWorkload_AndMadeWithOneWhereThereIsNone()
    {
        Plan(Snapshot(s_vault), "payments", "token-vault", 8080).Target.Policy!.After
            .ShouldBe("""{"mtls":{"mode":"PERMISSIVE"},"portLevelMtls":{"8080":{"mode":"STRICT"},"9090":{"mode":"DISABLE"}},"selector":{"matchLabels":{"app":"token-vault"}}}""");
        Plan(Snapshot(), "payments", "token-vault", 8080, "PERMISSIVE").Target.Policy!.After
            .ShouldBe("""{"portLevelMtls":{"8080":{"mode":"PERMISSIVE"}},"selector":{"matchLabels":{"app":"token-vault"}}}""");
    }

    [Fact]
    public void Unset_TakesTheModeOut_AndTheObjectWhereNothingIsLeft()
    {
        var edited = Plan(Snapshot(s_vault), "payments", "token-vault", mode: "UNSET").Target.Policy!;
        (edited.To, edited.After).ShouldBe(("UNSET", """{"portLevelMtls":{"9090":{"mode":"DISABLE"}},"selector":{"matchLabels":{"app":"token-vault"}}}"""));
        var deleted = Plan(Snapshot(s_space), "payments", mode: "UNSET").Target.Policy!;
        (deleted.To, deleted.After, deleted.Before).ShouldBe((PolicyEdit.None, null, """{"mtls":{"mode":"PERMISSIVE"}}"""));
        deleted.Verbs(goingBack: false).ShouldBe(["delete", "create"]);

        // The last port of a policy that says nothing else takes it away too.
        var port = Object("port", """{"selector":{"matchLabels":{"app":"token-vault"}},"portLevelMtls":{"9090":{"mode":"PERMISSIVE"}}}""");
        Plan(Snapshot(port), "payments", "token-vault", 9090, "UNSET").Target.Policy!.After.ShouldBeNull();
    }

    [Fact]
    public void OfSeveral_TheOldestIsEdited_AndTheOthersAreNamed()
    {
        var older = Object("b-older", """{"mtls":{"mode":"PERMISSIVE"}}""", daysOld: 40);
        var outcome = PolicyPlanner.Plan(Request("payments"), Snapshot(s_space, older), Rules);
        outcome.Plan!.Target.Name.ShouldBe("b-older");
        outcome.Notes.ShouldHaveSingleItem().ShouldContain("payments/default");

        // Of the same age the name decides.
        var twin = Object("a-twin", """{"mtls":{"mode":"PERMISSIVE"}}""");
        Plan(Snapshot(s_space, twin), "payments").Target.Name.ShouldBe("a-twin");
    }

    [Fact]
    public void Name_ThatAnotherPolicyHas_IsNotTaken()
    {
        var other = Object("token-vault", """{"selector":{"matchLabels":{"app":"something-else"}}}""");
        Plan(Snapshot(other), "payments", "token-vault").Target.Name.ShouldBe("token-vault-mtls");
    }

    [Fact]
    public void Requests_ThatComeToNothing_AreRefusedInWords()
    {
        Fault(Snapshot(s_vault), "payments", "token-vault", mode: "PERMISSIVE").Code.ShouldBe("no-change");
        Fault(Snapshot(), "payments", "token-vault", mode: "UNSET").Code.ShouldBe("no-change");
        Fault(Snapshot(), "payments", "nothing").Message.ShouldContain("no workload nothing");
        Fault(Snapshot(), "nowhere").Code.ShouldBe("scope");
        Fault(Snapshot(), "istio-system").Message.ShouldContain("root namespace");
        Fault(Snapshot(), "payments", "token-vault", 70_000).Code.ShouldBe("port");
        Fault(Snapshot(), "payments", "token-vault", mode: "strict").Code.ShouldBe("mode");
        Fault(Snapshot(), null, "token-vault").Code.ShouldBe("scope");
        PolicyPlanner.Plan(Request("payments") with { TargetPercent = 50 }, Snapshot(), Rules).Faults.ShouldHaveSingleItem().Code.ShouldBe("policy");
        var unread = Given.Snapshot(Given.ClusterOf(Given.NoObjects with { PeerAuthentications = default }, [.. Workloads], []));
        Fault(unread, "payments").Code.ShouldBe("policies-unknown");
    }

    [Fact]
    public void Workload_WhosePodsNoLabelsTellApart_HasNoPolicy()
    {
        var snapshot = Snapshot([Workload("a", "payments", "app=x"), Workload("b", "payments", "app=x;extra=1")]);
        Fault(snapshot, "payments", "a").Code.ShouldBe("selector");

        // The other one can be told apart by all its labels.
        Plan(snapshot, "payments", "b").Target.Policy!.After.ShouldBe("""{"mtls":{"mode":"STRICT"},"selector":{"matchLabels":{"app":"x","extra":"1"}}}""");
    }

    [Fact]
    public void Reach_IsWhoseModeInForceChanges_ByIstiodsRules()
    {
        var snapshot = Snapshot(s_space, s_vault);
        var space = PolicyReach.Of(snapshot.Clusters[0], Plan(snapshot, "payments").Target)!;
        space.Changed.Select(w => (w.Id.Name, w.Before, w.After)).ShouldBe([("card-processor-v1", PeerMode.Permissive, PeerMode.Strict), ("card-processor-v2", PeerMode.Permissive, PeerMode.Strict)]);
        space.Unchanged.Select(w => w.Id.Name).ShouldBe(["token-vault"]);
        space.Tightens.ShouldBeTrue();

        // Taking a PERMISSIVE exception away under a STRICT namespace refuses plaintext too.
        var strict = Snapshot(Object("default", """{"mtls":{"mode":"STRICT"}}"""), s_vault);
        PolicyReach.Of(strict.Clusters[0], Plan(strict, "payments", "token-vault", mode: "UNSET").Target)!.Tightens.ShouldBeTrue();
        PolicyReach.Of(strict.Clusters[0], Plan(strict, "payments", mode: "PERMISSIVE").Target)!.Tightens.ShouldBeFalse();

        // One that is made while an older one stands in its way changes nothing: it would be the youngest.
        var port = PolicyReach.Of(snapshot.Clusters[0], Plan(snapshot, "payments", "token-vault", 8080).Target)!;
        port.Changed.ShouldHaveSingleItem().Ports.ShouldBe([new ReachedPort(8080, PeerMode.Permissive, PeerMode.Strict), new ReachedPort(9090, PeerMode.Disable, PeerMode.Disable)]);
    }

    [Fact]
    public void Reach_IsTheSameBeforeTheWriteAndAfterIt()
    {
        var before = Snapshot(s_vault);
        var target = Plan(before, "payments", "token-vault").Target;
        var after = Snapshot(Object("vault-policy", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"9090":{"mode":"DISABLE"}}}"""));
        PolicyReach.Of(after.Clusters[0], target)!.Changed.Select(w => (w.Id, w.Before, w.After)).ShouldBe(PolicyReach.Of(before.Clusters[0], target)!.Changed.Select(w => (w.Id, w.Before, w.After)));
    }

    [Fact]
    public void Reach_WatchesProxiesOnly()
    {
        var snapshot = Snapshot([Workload("bare", "payments", "app=bare", DataPlane.None), Workload("vault", "payments", "app=vault"), Workload("enrolled", "payments", "app=enrolled", DataPlane.Ambient)]);
        var reach = PolicyReach.Of(snapshot.Clusters[0], Plan(snapshot, "payments").Target)!;
        reach.Changed.Length.ShouldBe(3);
        reach.Watched.Select(w => w.Id.Name).ShouldBe(["enrolled", "vault"], ignoreOrder: true);
    }
}
