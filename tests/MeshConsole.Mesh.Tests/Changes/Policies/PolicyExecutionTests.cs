using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Tests.Changes.Execution;
using static MeshConsole.Mesh.Tests.Changes.Policies.GivenPolicy;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>Policies through the same service, machine and executor as weights: made, taken away, taken back, and killed at every point in between.</summary>
public sealed class PolicyExecutionTests
{
    private const string Spec = """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"PERMISSIVE"}}""";
    private const string Labels = """{"team":"vault","a/b~c":"<&>"}""";

    public static TheoryData<string> Ways => ["create", "patch", "delete"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Change_ThatPasses_Completes_AndSpeaksInModes(string way)
    {
        var (rig, server) = Rig(way);
        var change = await StartedAsync(rig, way);
        var ended = await rig.UntilAsync(change.Id, ChangeState.Completed);
        var write = ended.Writes.ShouldHaveSingleItem();
        (write.Verb, write.Outcome).ShouldBe((way, WriteOutcome.Applied));
        Planned(way, server);
        ended.StateReason.ShouldContain(way == "delete" ? "no such policy" : "STRICT");
        var words = rig.Store.Audit.Where(r => r.Entry.ChangeId == change.Id).Select(r => r.Entry.Summary).ToList();
        words.ShouldNotBeEmpty();
        words.ShouldAllBe(w => !w.Contains("weights", StringComparison.OrdinalIgnoreCase) && !w.Contains("(0)", StringComparison.Ordinal) && !w.Contains("(1)", StringComparison.Ordinal));
        var intent = rig.Store.Audit.Single(r => r.Entry is { Action: "change.write", Phase: "intent" }).Entry.Details!;
        ((string?)intent["stateAfter"], intent["weightsAfter"]).ShouldBe((way == "delete" ? "no policy" : "STRICT", null));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Change_WhoseGateFails_IsTakenBackExactly(string way)
    {
        var (rig, server) = Rig(way);
        var before = server.Object;
        var change = await StartedAsync(rig, way);
        await rig.UntilAsync(change.Id, c => c.Current?.AppliedAt is not null);
        Planned(way, server);
        (rig.Gates.ErrorRatio, rig.Gates.Share) = (0.5, () => 0);
        var ended = await rig.UntilAsync(change.Id, ChangeState.RolledBack);
        ended.Writes.Select(w => w.Outcome).ShouldBe([WriteOutcome.Applied, WriteOutcome.Applied]);
        Restored(server, before, way);
        ended.StateReason.ShouldContain("traffic shows it");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Executor_KilledAtAnyPointThereAndBack_LeavesTheObjectAsItWas_AndEachIntentWithOneOutcome(string way)
    {
        var points = 0;
        for (var point = 0; point <= points; point++)
        {
            var (rig, server) = Rig(way);
            var before = server.Object;
            var change = await StartedAsync(rig, way);
            var life = new KillSwitch(rig, point);
            var executor = rig.NewExecutor("replica-1", life.Parts, life.Leases);
            (rig.Gates.ErrorRatio, rig.Gates.Share) = (0.5, () => 0);
            for (var second = 0; second < 600 && rig.Store.Get(change.Id).State != ChangeState.RolledBack && !life.IsDead; second++)
            {
                try
                {
                    await executor.TickAsync(default);
                }
                catch (InvalidOperationException)
                {
                    // Killed while it looked for work.
                }

                rig.Time.Advance(TimeSpan.FromSeconds(1));
            }

            if (point == 0)
            {
                points = life.Points;
                points.ShouldBeGreaterThan(40);
            }

            var ended = await rig.UntilAsync(change.Id, ChangeState.RolledBack, executor: rig.NewExecutor("replica-2"));
            Restored(server, before, way);
            ended.PendingWrite.ShouldBeNull();
            foreach (var write in ended.Writes)
            {
                rig.Store.Audit.Where(r => r.Entry.Action == "change.write" && (string?)r.Entry.Details!["writeId"] == write.Id).Select(r => r.Entry.Phase).ShouldBe(["intent", "outcome"], $"killed at {point}");
                server.Landed.Count(l => l.WriteId == write.Id).ShouldBe(write.Outcome == WriteOutcome.Applied ? 1 : 0, $"killed at {point}: write {write.Id} is {write.Outcome}");
            }

            server.Landed.Length.ShouldBe(2, $"killed at {point}: once there, once back");
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Write_WhoseAnswerIsLost_IsFoundInTheObject_AndNotRepeated(string way)
    {
        var (rig, server) = Rig(way);
        var change = await StartedAsync(rig, way);
        server.After = () =>
        {
            server.After = null;
            throw FakeTarget.TimedOut();
        };
        var ended = await rig.UntilAsync(change.Id, ChangeState.Completed);
        ended.Writes.ShouldHaveSingleItem().Outcome.ShouldBe(WriteOutcome.Applied);
        server.Landed.Length.ShouldBe(1);
        Planned(way, server);
    }

    [Fact]
    public async Task Object_ThatSomebodyMakesInBetween_IsNotTouched()
    {
        var (rig, server) = Rig("create");
        var change = await StartedAsync(rig, "create");
        server.Before = () =>
        {
            server.Before = null;
            server.Put(Spec);
        };
        var held = await rig.UntilAsync(change.Id, ChangeState.Held);
        (held.Hold!.Code, held.Writes.ShouldHaveSingleItem().Outcome).ShouldBe((HoldCodes.TargetChanged, WriteOutcome.Superseded));
        held.StateReason.ShouldContain("relies on there being none");
        server.Landed.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Object_ThatSomebodyMakesAnew_HoldsTheChange(string way)
    {
        var (rig, server) = Rig(way);
        var change = await StartedAsync(rig, way);
        await rig.UntilAsync(change.Id, c => c.Current?.AppliedAt is not null);
        server.Put("""{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}""");
        var held = await rig.UntilAsync(change.Id, ChangeState.Held);
        held.Hold!.Code.ShouldBe(HoldCodes.TargetChanged);
        server.Landed.Length.ShouldBe(1);
    }

    [Fact]
    public async Task ObjectThatWasMade_AndEditedBySomebody_IsNotDeletedOnTheWayBack()
    {
        var (rig, server) = Rig("create");
        var change = await StartedAsync(rig, "create");
        await rig.UntilAsync(change.Id, c => c.Current?.AppliedAt is not null);
        var mine = server.Object!;
        server.Put("""{"selector":{"matchLabels":{"app":"token-vault","tier":"gold"}},"mtls":{"mode":"STRICT"}}""");
        await rig.Service.RollbackAsync(change.Id, ExecutionRig.Olga, "callers fail", default);
        await rig.RunAsync(TimeSpan.FromSeconds(30));
        var stuck = rig.Store.Get(change.Id);
        (stuck.State, stuck.Return!.Escalation).ShouldNotBe((ChangeState.RolledBack, null));
        stuck.Return.Escalation!.ShouldContain("somebody changed its spec");
        server.Object.ShouldNotBeNull();
        mine.ShouldNotBeNull();
    }

    [Fact]
    public async Task Approval_IsVoidOnceThePolicyIsAnother()
    {
        var (rig, server) = Rig("patch");
        var change = await rig.Service.CreateAsync(Asked("patch"), ExecutionRig.Olga, null, default);
        await rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default);
        server.Put("""{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"DISABLE"}}""");
        await rig.RefusedAsync(() => rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default), ChangeFault.Conflict, "approval-void");
        await rig.RefusedAsync(() => rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "target-changed");
    }

    [Fact]
    public async Task Request_NamesARouteOrAPolicy_AndAStopIsOfRoutes()
    {
        var (rig, _) = Rig("patch");
        await rig.RefusedAsync(() => rig.Service.PreviewAsync(new ChangeRequest(Reason: "x"), ExecutionRig.Olga, default), ChangeFault.Invalid, "invalid-body");
        await rig.RefusedAsync(() => rig.Service.PreviewAsync(Asked("patch") with { RouteId = ExecutionRig.Route }, ExecutionRig.Olga, default), ChangeFault.Invalid, "invalid-body");
        await rig.RefusedAsync(() => rig.Service.PreviewAsync(Asked("patch"), ExecutionRig.Vera, default), ChangeFault.Forbidden, "missing-role");
        await rig.RefusedAsync(() => rig.Service.StopAsync("test/payments/PeerAuthentication/vault/policy/0", ExecutionRig.Olga, "callers fail", null, default), ChangeFault.Invalid, "no-stop");
    }

    [Theory]
    [InlineData("payments", "token-vault", 1, "one workload")]
    [InlineData("payments", null, 2, "whole namespace")]
    [InlineData(null, null, 2, "whole mesh")]
    public void Approvals_GrowWithTheScope(string? @namespace, string? workload, int required, string why)
    {
        var (people, reason) = ApprovalRule.For(Plan(Snapshot(), @namespace, workload), Rules);
        (people, reason.Contains(why, StringComparison.Ordinal)).ShouldBe((required, true), reason);
    }

    private static (ExecutionRig Rig, FakePolicyServer Server) Rig(string way)
    {
        var server = new FakePolicyServer();
        if (way == "create")
        {
            return (new ExecutionRig(server, Snapshot()), server);
        }

        server.Put(Spec, Labels);
        return (new ExecutionRig(server, Snapshot(Object("vault", Spec) with { Meta = Given.Meta("vault") with { Uid = "uid-1" } })), server);
    }

    private static ChangeRequest Asked(string way) => Request("payments", "token-vault", mode: way == "delete" ? "UNSET" : "STRICT") with { Soak = TimeSpan.FromSeconds(20) };

    private static async Task<ChangeRecord> StartedAsync(ExecutionRig rig, string way)
    {
        var change = await rig.Service.CreateAsync(Asked(way), ExecutionRig.Olga, null, default);
        await rig.Service.SubmitAsync(change.Id, ExecutionRig.Olga, default);
        await rig.Service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default);
        return await rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default);
    }

    private static void Planned(string way, FakePolicyServer server)
    {
        if (way == "delete")
        {
            server.Object.ShouldBeNull();
            return;
        }

        ((string?)server.Object!["spec"]!["mtls"]!["mode"]).ShouldBe("STRICT");
        ((string?)server.Object["spec"]!["selector"]!["matchLabels"]!["app"]).ShouldBe("token-vault");
    }

    private static void Restored(FakePolicyServer server, JsonObject? before, string way)
    {
        var after = server.Object;
        if (way == "create")
        {
            after.ShouldBeNull();
            return;
        }

        JsonNode.DeepEquals(after!["spec"], before!["spec"]).ShouldBeTrue(after.ToJsonString());
        JsonNode.DeepEquals(after["metadata"]!["labels"], before["metadata"]!["labels"]).ShouldBeTrue();
        after["metadata"]!["annotations"]!.AsObject().Remove("meshconsole.io/last-change").ShouldBeTrue();
        JsonNode.DeepEquals(after["metadata"]!["annotations"], before["metadata"]!["annotations"]).ShouldBeTrue();
    }
}
