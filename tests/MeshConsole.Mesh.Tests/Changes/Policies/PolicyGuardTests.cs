using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Changes.Execution;
using static MeshConsole.Mesh.Tests.Changes.Policies.GivenPolicy;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>Each guard of policies: a case that passes, each reason to refuse or warn, and what happens when it cannot know.</summary>
public sealed class PolicyGuardTests
{
    private static readonly MeshObject s_vault = Object("vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"PERMISSIVE"}}""");

    [Fact]
    public void SoundPolicy_PassesEveryGuard_AndNoneOfWeightsIsAsked()
    {
        var verdicts = GuardSet.Check(Sound(Snapshot(s_vault), "payments", "token-vault"));
        verdicts.Where(v => v.Outcome != GuardOutcome.Pass).Select(v => $"{v.Code}: {v.Found}").ShouldBeEmpty();
        verdicts.Select(v => v.Code).ShouldBeUnique();
        verdicts.Select(v => v.Code).Intersect(["weights", "destinations", "ready", "capacity", "reached", "sticky", "retry", "stages", "max-step"]).ShouldBeEmpty();
        verdicts.Select(v => v.Code).ShouldContain("strict-readiness");
    }

    [Fact]
    public void Blockers_Refuse_WhateverIsBroken()
    {
        var context = Sound(Snapshot(s_vault), "payments", "token-vault") with { Readiness = Readiness(blockers: [Finding("plaintext-requests", "batch/report calls in plaintext, 6 requests/s.")]) };
        var verdict = Of(context, "strict-readiness");
        (verdict.Outcome, verdict.Found).ShouldBe((GuardOutcome.Refuse, "batch/report calls in plaintext, 6 requests/s."));
        verdict.Fix.ShouldBe("Give it a proxy.");
        verdict.Evidence.ShouldContain(f => f.Name.StartsWith("plaintext-requests", StringComparison.Ordinal) && f.Value == "6");
        Of(Broken(context), "strict-readiness").Outcome.ShouldBe(GuardOutcome.Refuse);
    }

    [Fact]
    public void NotProven_Refuses_ButUnderABreakGlass()
    {
        var context = Sound(Snapshot(s_vault), "payments", "token-vault") with { Readiness = Readiness(unproven: [Finding("short-history", "Prometheus reaches back 2 h of 24 h.")]) };
        Of(context, "strict-readiness").Outcome.ShouldBe(GuardOutcome.Refuse);
        Of(Broken(context), "strict-readiness").Outcome.ShouldBe(GuardOutcome.Warn);
        Of(context with { Readiness = null }, "strict-readiness").Outcome.ShouldBe(GuardOutcome.Unknown);
        Of(context with { Reach = null }, "strict-readiness").Outcome.ShouldBe(GuardOutcome.Unknown);
    }

    [Theory]
    [InlineData(GuardMoment.Rollback)]
    [InlineData(GuardMoment.Stop)]
    public void GoingBack_IsHeldByNoneOfThem(GuardMoment moment)
    {
        var context = Sound(Snapshot(s_vault), "payments", "token-vault") with { Moment = moment, Readiness = Readiness(blockers: [Finding("x", "y")]), DryRun = null, Certificates = [Leaf(CertificateState.Expired)], Sight = null };
        GuardSet.Check(context).Where(v => !v.Allows).Select(v => v.Code).ShouldBeEmpty();
    }

    [Fact]
    public void BackToPermissive_IsNotHeldByReadiness()
    {
        var strict = Object("vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}""");
        var context = Sound(Snapshot(strict), "payments", "token-vault", mode: "PERMISSIVE") with { Readiness = null, Certificates = [], Sight = null };
        GuardSet.Check(context).Where(v => !v.Allows).Select(v => v.Code).ShouldBeEmpty();
    }

    [Fact]
    public void Namespace_BeforeAnyOfItsWorkloads_IsRefused_AndAfterSomeWarned()
    {
        var none = Sound(Snapshot(), "payments");
        var refused = Of(none, "scope-order");
        (refused.Outcome, refused.Found).ShouldBe((GuardOutcome.Refuse, "No workload of payments is STRICT yet, and all 3 would be at once."));
        Of(Broken(none), "scope-order").Outcome.ShouldBe(GuardOutcome.Warn);

        var some = Of(Sound(Snapshot(Object("vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}""")), "payments"), "scope-order");
        (some.Outcome, some.Found.StartsWith("1 of 3 workloads of payments are STRICT", StringComparison.Ordinal)).ShouldBe((GuardOutcome.Warn, true));

        var all = Snapshot(Object("vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}"""), Object("card", """{"selector":{"matchLabels":{"app":"card-processor"}},"mtls":{"mode":"STRICT"}}"""));
        Of(Sound(all, "payments"), "scope-order").Outcome.ShouldBe(GuardOutcome.Pass);
    }

    [Fact]
    public void Mesh_BeforeItsNamespaces_IsRefused()
    {
        var verdict = Of(Sound(Snapshot(Object("default", """{"mtls":{"mode":"STRICT"}}""", "finance")), null), "scope-order");
        (verdict.Outcome, verdict.Found).ShouldBe((GuardOutcome.Refuse, "1 namespace is not STRICT yet: payments."));
        Of(Sound(Snapshot(Object("default", """{"mtls":{"mode":"STRICT"}}""", "finance"), Object("default", """{"mtls":{"mode":"STRICT"}}""")), null), "scope-order").Outcome.ShouldBe(GuardOutcome.Pass);
    }

    [Fact]
    public void Policy_ThatDoesNotDecide_OrTakesInMore_IsSaid()
    {
        // Older and of the same level, so that the policy which is made has no effect.
        var wide = Object("all-cards", """{"selector":{"matchLabels":{"app":"card-processor"}},"mtls":{"mode":"PERMISSIVE"}}""");
        var beyond = Of(Sound(Snapshot(wide), "payments", "card-processor-v1"), "policy-effect");
        (beyond.Outcome, beyond.Found).ShouldBe((GuardOutcome.Warn, "The policy's selector takes in more than payments/card-processor-v1: payments/card-processor-v2 changes with it."));

        var losing = Of(Sound(Snapshot(s_vault, Object("younger", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"DISABLE"}}""", daysOld: 1)), "payments", "token-vault"), "policy-effect");
        (losing.Outcome, losing.Evidence.Any(f => f.Value == "payments/younger")).ShouldBe((GuardOutcome.Warn, true));

        var ambient = Snapshot([Workload("vault", "payments", "app=vault", DataPlane.Ambient)], Object("vault", """{"selector":{"matchLabels":{"app":"vault"}},"mtls":{"mode":"STRICT"}}"""));
        Of(Sound(ambient, "payments", "vault", mode: "PERMISSIVE"), "policy-effect").Outcome.ShouldBe(GuardOutcome.Pass);
    }

    [Fact]
    public void Pods_ThatNoProxyGuards_AreSaid()
    {
        var bare = Snapshot([Workload("vault", "payments", "app=vault", DataPlane.None)]);
        Of(Sound(bare, "payments", "vault"), "capture").Outcome.ShouldBe(GuardOutcome.Refuse);
        var excluded = Snapshot([Workload("vault", "payments", "app=vault", annotations: "traffic.sidecar.istio.io/excludeInboundPorts=9000")]);
        var verdict = Of(Sound(excluded, "payments", "vault"), "capture");
        (verdict.Outcome, verdict.Found).ShouldBe((GuardOutcome.Warn, "vault port 9000 passes by the proxy: STRICT has no effect there, plaintext is still taken."));
    }

    [Theory]
    [InlineData(CertificateState.Valid, GuardOutcome.Pass)]
    [InlineData(CertificateState.Late, GuardOutcome.Warn)]
    [InlineData(CertificateState.Unknown, GuardOutcome.Warn)]
    [InlineData(CertificateState.Expired, GuardOutcome.Refuse)]
    public void Certificates_OfThoseReached_Count(CertificateState state, GuardOutcome outcome) =>
        Of(Sound(Snapshot(s_vault), "payments", "token-vault") with { Certificates = [Leaf(state), Leaf(CertificateState.Expired, "finance/ledger")] }, "leaf-certificates").Outcome.ShouldBe(outcome);

    [Fact]
    public void WhatTheGatesCannotSee_IsSaidBefore()
    {
        var context = Sound(Snapshot(s_vault), "payments", "token-vault");
        var blind = Of(context with { Sight = new RefusalSight(0, 2) }, "refusal-sight");
        (blind.Outcome, blind.Fix!.Contains("proxyStatsMatcher", StringComparison.Ordinal)).ShouldBe((GuardOutcome.Warn, true));
        Of(context with { Sight = new RefusalSight(1, 2) }, "refusal-sight").Found.ShouldStartWith("1 of 2 proxies");
        Of(context with { Sight = null }, "refusal-sight").Outcome.ShouldBe(GuardOutcome.Warn);
    }

    [Fact]
    public void FreezeAndReadOnly_OfANamespaceThatIsReached_HoldAPolicyOfTheMesh()
    {
        var strict = Snapshot();
        var context = Sound(strict, null);
        Of(context with { Policy = Rules with { ReadOnlyNamespaces = ["finance"] } }, "read-only").Outcome.ShouldBe(GuardOutcome.Refuse);
        Of(context with { ReadOnly = [new ReadOnlySwitch(null, "payments", "incident 42", "Ada", Given.Now)] }, "read-only").Found.ShouldContain("incident 42");
        var frozen = Rules with { FreezeWindows = [new FreezeWindow("always", "* * * * *", TimeSpan.FromHours(1), "UTC", ["finance"])] };
        Of(context with { Policy = frozen, Moment = GuardMoment.Start }, "freeze").Outcome.ShouldBe(GuardOutcome.Refuse);
    }

    [Fact]
    public void Owner_IsReadFromTheObject()
    {
        var owned = s_vault with { Meta = s_vault.Meta with { Annotations = Given.Labels("argocd.argoproj.io/tracking-id=shop:security.istio.io/PeerAuthentication:payments/vault") } };
        Of(Sound(Snapshot(owned), "payments", "token-vault"), "owner").Outcome.ShouldBe(GuardOutcome.Refuse);
        var elsewhere = Sound(Snapshot(s_vault), "payments", "token-vault");
        Of(elsewhere with { Live = elsewhere.Live! with { Uid = "other" } }, "owner").Outcome.ShouldBe(GuardOutcome.Unknown);
        Of(Sound(Snapshot(), "payments", "token-vault"), "owner").Outcome.ShouldBe(GuardOutcome.Pass);
    }

    private static GuardVerdict Of(GuardContext context, string code) => GuardSet.Check(context).Single(v => v.Code == code);

    private static GuardContext Broken(GuardContext context) => context with { BreakGlass = new BreakGlass("g", context.Actor, context.Plan.Target.Key, "incident", null, Given.Now, Given.Now.AddMinutes(10)) };

    private static ReadinessFinding Finding(string code, string message) => new(code, message, "Give it a proxy.", null, [new ReadinessEvidence("requests", "6")]);

    private static StrictReadiness Readiness(ImmutableArray<ReadinessFinding>? blockers = null, ImmutableArray<ReadinessFinding>? unproven = null) =>
        new(new StrictScope(Given.Cluster, "payments", "token-vault"), TimeSpan.FromHours(24), Given.Now, blockers ?? [], unproven ?? [], []);

    private static CertificateView Leaf(CertificateState state, string workload = "payments/token-vault") => new()
    {
        Id = workload,
        Cluster = Given.Cluster,
        Kind = CertificateKind.Workload,
        Subject = workload,
        Source = "metric",
        State = state,
        Message = state.ToString(),
        PresentedBy = $"Deployment {workload}",
    };

    private static GuardContext Sound(MeshSnapshot snapshot, string? @namespace, string? workload = null, int? port = null, string mode = "STRICT")
    {
        var plan = Plan(snapshot, @namespace, workload, port, mode);
        var cluster = snapshot.Clusters[0] with
        {
            Sources = [new SourceStatus(SourceNames.Requests, SourceState.Live, Given.Now, Given.Now, null)],
            Edges = [Given.Edge("checkout", "token-vault", Given.Http(ok: 5))],
        };
        var policy = cluster.Objects.PeerAuthentications.FirstOrDefault(p => p.Meta.Uid == plan.Target.Uid);
        var live = policy is null ? LiveTarget.Absent(PolicyEdit.AsItWas) : Live(policy, plan.Target);
        var reach = PolicyReach.Of(cluster, plan.Target)!;
        return new GuardContext
        {
            Moment = GuardMoment.Preview,
            Plan = plan,
            Base = new ChangeBase(live.Uid, live.ResourceVersion, live.SpecHash),
            Next = PolicyEdit.AsPlanned,
            Actor = ExecutionRig.Olga,
            Policy = Rules,
            Now = Given.Now,
            Cluster = cluster,
            Reach = reach,
            Readiness = Readiness(),
            Sight = new RefusalSight(2, 2),
            Certificates = [.. reach.Changed.Select(w => Leaf(CertificateState.Valid, $"{w.Id.Namespace}/{w.Id.Name}"))],
            Live = live,
            Access = new AccessVerdict(true, null),
            DryRun = new DryRunAnswer(true, null, "", 200),
            RecentStarts = [],
        };
    }
}
