using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Changes.Execution;
using static MeshConsole.Mesh.Tests.Changes.Policies.GivenPolicy;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>The way to STRICT as it is proposed from wherever the mesh stands.</summary>
public sealed class StrictOrderTests
{
    private static readonly MeshObject s_strictVault = Object("vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}""");
    private static readonly MeshObject s_strictCards = Object("cards", """{"selector":{"matchLabels":{"app":"card-processor"}},"mtls":{"mode":"STRICT"}}""");
    private static readonly MeshObject s_strictPayments = Object("default", """{"mtls":{"mode":"STRICT"}}""");
    private static readonly MeshObject s_strictFinance = Object("default", """{"mtls":{"mode":"STRICT"}}""", "finance");

    [Fact]
    public void Beginning_IsTheReadyWorkloadWithLeastTraffic_AndTheRestWaits()
    {
        var order = Of(Ready("payments/token-vault", "payments/card-processor-v1", "payments/card-processor-v2", "finance/ledger"));

        // finance has less traffic than payments.
        order.Groups.Select(g => g.Namespace).ShouldBe(["finance", "payments", null]);
        Steps(order, "payments").ShouldBe(
        [
            ("card-processor-v2", StrictStepKind.Canary, StrictStepState.Ready),
            ("card-processor-v1", StrictStepKind.Workload, StrictStepState.NotYet),
            ("token-vault", StrictStepKind.Workload, StrictStepState.NotYet),
            (null, StrictStepKind.Namespace, StrictStepState.NotYet),
        ]);
        Steps(order, null).ShouldBe([(null, StrictStepKind.Mesh, StrictStepState.NotYet)]);
        order.Next!.Scope.ToString().ShouldBe("finance/ledger");
        order.Next.Request.ShouldBe(new PolicyRequest(Given.Cluster, "finance", "ledger"));
    }

    [Fact]
    public void Workload_ThatIsBlocked_IsNoBeginning()
    {
        var readiness = Ready("payments/token-vault", "payments/card-processor-v1").Add(Scope("payments", "card-processor-v2"), Readiness(Scope("payments", "card-processor-v2"), blocked: "batch/report calls in plaintext."));
        var first = Of(readiness).Groups.Single(g => g.Namespace == "payments").Steps[0];
        (first.Scope.Workload, first.State).ShouldBe(("card-processor-v1", StrictStepState.Ready));
    }

    [Fact]
    public void OneThatIsStrict_OpensTheWayForTheOthers_EachJudgedByItself()
    {
        var readiness = Ready("payments/card-processor-v1").Add(Scope("payments", "card-processor-v2"), Readiness(Scope("payments", "card-processor-v2"), blocked: "batch/report calls in plaintext."));
        Steps(Of(readiness, s_strictVault), "payments").ShouldBe(
        [
            ("card-processor-v2", StrictStepKind.Workload, StrictStepState.Blocked),
            ("card-processor-v1", StrictStepKind.Workload, StrictStepState.Ready),
            ("token-vault", StrictStepKind.Workload, StrictStepState.Done),
            (null, StrictStepKind.Namespace, StrictStepState.NotYet),
        ]);
        Of(readiness, s_strictVault).Groups.Single(g => g.Namespace == "payments").Steps[0].Because.ShouldBe("batch/report calls in plaintext.");
    }

    [Fact]
    public void AllWorkloads_ThenTheNamespace_ThenTheMesh_ThenWhatIsSuperfluous()
    {
        var ready = Ready("payments", "");
        Steps(Of(ready, s_strictVault, s_strictCards), "payments")[^1].ShouldBe((null, StrictStepKind.Namespace, StrictStepState.Ready));

        var spaces = Of(ready, s_strictVault, s_strictCards, s_strictPayments, s_strictFinance);
        Steps(spaces, null)[0].ShouldBe((null, StrictStepKind.Mesh, StrictStepState.Ready));
        var superfluous = spaces.Groups.Single(g => g.Namespace == "payments").Steps.Where(s => s.Optional).ToList();
        superfluous.Select(s => (s.Scope.Workload, s.Request.Mode)).ShouldBe([("card-processor-v1", "UNSET"), ("card-processor-v2", "UNSET"), ("token-vault", "UNSET")]);
        spaces.Groups.Single(g => g.Namespace == "payments").IsDone.ShouldBeTrue();

        var mesh = Of(ready, s_strictPayments, s_strictFinance, Object("default", """{"mtls":{"mode":"STRICT"}}""", "istio-system"));
        Steps(mesh, null).ShouldBe([(null, StrictStepKind.Mesh, StrictStepState.Done), (null, StrictStepKind.Removal, StrictStepState.Ready), (null, StrictStepKind.Removal, StrictStepState.Ready)]);
        mesh.Next.ShouldBeNull();
    }

    [Fact]
    public void ChangeThatIsUnderWay_IsShownInItsStep()
    {
        var snapshot = With();
        var change = GivenChange.Running with { Plan = Plan(snapshot, "payments", "token-vault"), StateReason = "Stage 1 soaks." };
        var step = StrictOrder.Of(snapshot, snapshot.Clusters[0], Ready("payments/token-vault"), [change]).Groups.SelectMany(g => g.Steps).Single(s => s.ChangeId is not null);
        (step.Scope.Workload, step.State, step.Because).ShouldBe(("token-vault", StrictStepState.Open, "Stage 1 soaks."));
    }

    [Fact]
    public void WhatIsNotKnown_IsNotReady()
    {
        Of(Ready()).Groups.SelectMany(g => g.Steps).ShouldAllBe(s => s.State != StrictStepState.Ready);
        var unread = Given.Snapshot(Given.ClusterOf(Given.NoObjects with { PeerAuthentications = default }, [.. Workloads], []));
        StrictOrder.Of(unread, unread.Clusters[0], Ready(), []).Groups.ShouldBeEmpty();
    }

    private static StrictOrder Of(ImmutableDictionary<StrictScope, StrictReadiness> readiness, params MeshObject[] policies)
    {
        var snapshot = With(policies);
        return StrictOrder.Of(snapshot, snapshot.Clusters[0], readiness, []);
    }

    private static MeshSnapshot With(params MeshObject[] policies)
    {
        var snapshot = Snapshot(policies);
        return Given.Snapshot(snapshot.Clusters[0] with
        {
            Edges =
            [
                Given.Edge("checkout", "card-processor-v1", Given.Http(ok: 30)),
                Given.Edge("checkout", "card-processor-v2", Given.Http(ok: 3)),
                Given.Edge("checkout", "token-vault", Given.Http(ok: 100)),
                Given.Edge("checkout", "ledger", Given.Http(ok: 7), targetNamespace: "finance"),
            ],
        });
    }

    private static (string?, StrictStepKind, StrictStepState)[] Steps(StrictOrder order, string? space) => [.. order.Groups.Single(g => g.Namespace == space).Steps.Select(s => (s.Scope.Workload, s.Kind, s.State)).Where(s => s.Kind != StrictStepKind.Removal || space is null)];

    private static StrictScope Scope(string? space, string? workload = null) => new(Given.Cluster, space, workload);

    private static ImmutableDictionary<StrictScope, StrictReadiness> Ready(params string[] scopes) => scopes
        .Select(s => s.Split('/'))
        .Select(p => Scope(p[0].Length == 0 ? null : p[0], p.Length > 1 ? p[1] : null))
        .ToImmutableDictionary(s => s, s => Readiness(s));

    private static StrictReadiness Readiness(StrictScope scope, string? blocked = null) =>
        new(scope, TimeSpan.FromHours(24), Given.Now, blocked is null ? [] : [new ReadinessFinding("plaintext-requests", blocked, null, null, [])], [], []);
}
