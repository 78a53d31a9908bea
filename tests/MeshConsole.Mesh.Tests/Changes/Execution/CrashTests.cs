using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>
/// The console is killed at every point at which it touches the outside, one after the other, and another process goes on with
/// what is stored. Whatever the point, each intent has exactly one outcome and at most one write.
/// </summary>
public sealed class CrashTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Executor_KilledAtAnyPointOfAPlan_IsTakenOverAndCompletes()
    {
        var deaths = new SortedSet<string>(StringComparer.Ordinal);
        var points = await PointsAsync(1, Going);
        points.ShouldBeGreaterThan(60);
        for (var point = 1; point <= points; point++)
        {
            var rig = new ExecutionRig();
            var (id, life) = await KilledAsync(rig, point, Going);
            deaths.Add(life.DiedIn!);
            var heir = rig.NewExecutor("replica-2");
            var ended = await rig.UntilAsync(id, ChangeState.Completed, executor: heir);
            Proven(rig, ended, point);
            rig.Target.Weights.ShouldBe([50, 50], $"killed at {point}");
            rig.Target.Landed.Length.ShouldBe(2, $"killed at {point}: one write for each stage");
            rig.Notices.Select(n => n.Type).ShouldBe([ChangeNotices.Submitted, ChangeNotices.Decided, ChangeNotices.Stage, ChangeNotices.Stage, ChangeNotices.Completed], $"killed at {point}: each told once");
        }

        // The points that the audit's rules are about are among them.
        foreach (var place in new[] { "before intent", "after intent", "before patch", "after patch", "before outcome", "after outcome", "before gates", "after replace", "before lease" })
        {
            deaths.ShouldContain(place);
        }

        static async Task<string> Going(ExecutionRig rig, ChangeExecutor executor)
        {
            var change = await rig.StartedAsync(ShortPlan());
            await TickWhileAliveAsync(rig, executor, change.Id, ChangeState.Completed);
            return change.Id;
        }
    }

    [Fact]
    public async Task Executor_KilledAtAnyPointOfARollback_IsTakenOverAndRolledBack()
    {
        var points = await PointsAsync(1, Failing);
        for (var point = 1; point <= points; point++)
        {
            var rig = new ExecutionRig();
            var (id, _) = await KilledAsync(rig, point, Failing);
            var ended = await rig.UntilAsync(id, ChangeState.RolledBack, executor: rig.NewExecutor("replica-2"));
            Proven(rig, ended, point);
            rig.Target.Weights.ShouldBe([90, 10], $"killed at {point}");
            rig.Target.Landed.Count(w => w.Weights.SequenceEqual([90, 10])).ShouldBe(1, $"killed at {point}");
            rig.Notices.Select(n => n.Type).ShouldBe([ChangeNotices.Submitted, ChangeNotices.Decided, ChangeNotices.Stage, ChangeNotices.RollingBack, ChangeNotices.RolledBack], $"killed at {point}: each told once");
        }

        static async Task<string> Failing(ExecutionRig rig, ChangeExecutor executor)
        {
            var change = await rig.StartedAsync(ShortPlan());
            rig.Gates.ErrorRatio = 0.5;
            rig.Gates.Share = () => 0.1;
            await TickWhileAliveAsync(rig, executor, change.Id, ChangeState.RolledBack);
            return change.Id;
        }
    }

    [Fact]
    public async Task Executor_KilledAtAnyPointOfAStop_IsTakenOverAndStopped()
    {
        var points = await PointsAsync(1, Stopping);
        for (var point = 1; point <= points; point++)
        {
            var rig = new ExecutionRig();
            var (id, _) = await KilledAsync(rig, point, Stopping);
            var ended = await rig.UntilAsync(id, ChangeState.RolledBack, executor: rig.NewExecutor("replica-2"));
            Proven(rig, ended, point);
            rig.Target.Weights.ShouldBe([100, 0], $"killed at {point}");
            rig.Target.Landed.Length.ShouldBe(1, $"killed at {point}");
        }

        static async Task<string> Stopping(ExecutionRig rig, ChangeExecutor executor)
        {
            rig.Gates.Share = () => 0;
            var stop = await rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default);
            await TickWhileAliveAsync(rig, executor, stop.Id, ChangeState.RolledBack);
            return stop.Id;
        }
    }

    /// <summary>Mid-approval: the service dies around each call of its own; what is stored is whole, and the person asks again.</summary>
    [Fact]
    public async Task Service_KilledAtAnyPoint_LeavesAWholeChangeThatGoesOn()
    {
        var points = 0;
        for (var point = 1; point == 1 || point <= points; point++)
        {
            var rig = new ExecutionRig();
            var life = new KillSwitch(rig, points == 0 ? 0 : point);
            var dying = new ChangeService(life.Parts);
            try
            {
                await LiveAsync(dying);
            }
            catch (InvalidOperationException)
            {
                // Killed.
            }

            if (points == 0)
            {
                points = life.Points;
                points.ShouldBeGreaterThan(20);
                point = 0;
                continue;
            }

            // Every stored change has a record that says how it came there, and a person can go on from it.
            foreach (var change in rig.Store.All)
            {
                rig.Store.Audit.ShouldContain(r => r.Entry.ChangeId == change.Id && r.Entry.Outcome == "ok", $"killed at {point}");
            }

            var id = (await LiveAsync(rig.Service)).Id;
            var ended = await rig.UntilAsync(id, ChangeState.Completed);
            Proven(rig, ended, point);
            rig.Store.All.Length.ShouldBe(1, $"killed at {point}: the key makes one change of two tries");
        }

        static async Task<ChangeRecord> LiveAsync(ChangeService service)
        {
            var change = await service.CreateAsync(ShortPlan(), ExecutionRig.Olga, "key-1", default);
            change = await service.FindAsync(change.Id, ExecutionRig.Olga, default);
            change = change.State == ChangeState.Draft ? await service.SubmitAsync(change.Id, ExecutionRig.Olga, default) : change;
            change = change.State == ChangeState.AwaitingApproval ? await service.ApproveAsync(change.Id, ExecutionRig.Anna, "Looks good", null, default) : change;
            return change.State == ChangeState.Approved ? await service.StartAsync(change.Id, ExecutionRig.Olga, default) : change;
        }
    }

    [Fact]
    public async Task Write_TimedOutThatLanded_IsFoundAndNotRepeated()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Target.AfterPatch = _ =>
        {
            rig.Target.AfterPatch = null;
            throw FakeTarget.TimedOut();
        };
        await rig.Executor.TickAsync(default);
        var found = rig.Store.Get(change.Id);
        found.Writes.Single().Outcome.ShouldBe(WriteOutcome.Applied);
        found.Current!.AppliedAt.ShouldNotBeNull();
        rig.Target.Patches.ShouldBe(1);
        Proven(rig, await rig.UntilAsync(change.Id, ChangeState.Completed), 0);
    }

    [Fact]
    public async Task Write_WithoutAnswerThatLandsLate_IsWaitedForBeforeAnythingElseIsWritten()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        var held = new TaskCompletionSource();
        var landing = Task.CompletedTask;
        rig.Target.BeforePatch = patch =>
        {
            rig.Target.BeforePatch = null;
            landing = LandAsync(patch);
            throw FakeTarget.TimedOut();
        };
        await rig.RunAsync(TimeSpan.FromSeconds(8));
        rig.Store.Get(change.Id).PendingWrite.ShouldNotBeNull("an unanswered write is unknown and not failed");
        rig.Target.Patches.ShouldBe(1);
        held.SetResult();
        await landing;
        await rig.RunAsync(TimeSpan.FromSeconds(3));
        rig.Store.Get(change.Id).Writes.Single().Outcome.ShouldBe(WriteOutcome.Applied);

        async Task LandAsync(TargetWrite patch)
        {
            await held.Task;
            await rig.Target.PatchAsync(change.Plan.Target, change.Plan.Backends, patch, ExecutionRig.Olga.ClusterIdentity!, default);
        }
    }

    /// <summary>The residue of fencing: a write that wakes up after everybody has given it up. It is recognised, and nothing follows from it.</summary>
    [Fact]
    public async Task Write_ThatLandsAfterItWasGivenUp_IsRecognisedAndHeld()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        TargetWrite? asleep = null;
        rig.Target.BeforePatch = patch =>
        {
            rig.Target.BeforePatch = null;
            asleep = patch;
            throw FakeTarget.TimedOut();
        };
        await rig.Executor.TickAsync(default);
        await rig.Service.PauseAsync(change.Id, ExecutionRig.Omar, null, default);
        await rig.RunAsync(TimeSpan.FromSeconds(20));
        rig.Store.Get(change.Id).Writes.Single().Outcome.ShouldBe(WriteOutcome.NotApplied);
        await rig.Target.PatchAsync(change.Plan.Target, change.Plan.Backends, asleep!, ExecutionRig.Olga.ClusterIdentity!, default);
        await rig.RunAsync(TimeSpan.FromSeconds(5));
        var held = rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.TargetChanged));
        held.StateReason.ShouldContain("landed after it was taken for lost");
        rig.Target.Landed.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Write_ThatWakesUpAfterTheNextOne_CannotLand()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        TargetWrite? asleep = null;
        rig.Target.BeforePatch = patch =>
        {
            rig.Target.BeforePatch = null;
            asleep = patch;
            throw FakeTarget.TimedOut();
        };
        await rig.RunAsync(TimeSpan.FromSeconds(20));
        rig.Target.Landed.Length.ShouldBe(1);
        await Should.ThrowAsync<TargetChangedException>(() => rig.Target.PatchAsync(change.Plan.Target, change.Plan.Backends, asleep!, ExecutionRig.Olga.ClusterIdentity!, default));
        Proven(rig, await rig.UntilAsync(change.Id, ChangeState.Completed), 0);
    }

    [Fact]
    public async Task Write_WithoutAnswerThatNeverLands_IsSettledOnceAndTriedAgainThroughTheGuards()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Target.BeforePatch = _ =>
        {
            rig.Target.BeforePatch = null;
            throw FakeTarget.TimedOut();
        };
        await rig.Executor.TickAsync(default);
        var asked = 0;
        rig.Guards = _ =>
        {
            asked++;
            return [];
        };
        await rig.RunAsync(TimeSpan.FromSeconds(20));
        asked.ShouldBe(1);
        rig.Store.Get(change.Id).Writes.Select(w => w.Outcome).ShouldBe([WriteOutcome.NotApplied, WriteOutcome.Applied]);
        Proven(rig, await rig.UntilAsync(change.Id, ChangeState.Completed), 0);
    }

    [Fact]
    public async Task Write_OverAStatusUpdate_IsMadeAgainOnTheNewVersion()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Target.BeforePatch = _ =>
        {
            rig.Target.BeforePatch = null;
            rig.Target.TouchStatus();
            return Task.CompletedTask;
        };
        await rig.RunAsync(TimeSpan.FromSeconds(4));
        rig.Store.Get(change.Id).Writes.Select(w => w.Outcome).ShouldBe([WriteOutcome.NotApplied, WriteOutcome.Applied]);
    }

    [Fact]
    public async Task Write_OverAnEditOfSomebodyElse_IsSupersededAndHeld()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Target.BeforePatch = _ =>
        {
            rig.Target.BeforePatch = null;
            rig.Target.Edit("kubectl-edit", 80, 20);
            return Task.CompletedTask;
        };
        await rig.RunAsync(TimeSpan.FromSeconds(60));
        var held = rig.Store.Get(change.Id);
        (held.State, held.Hold?.Code).ShouldBe((ChangeState.Held, HoldCodes.TargetChanged));
        held.StateReason.ShouldContain("kubectl-edit");
        held.Writes.Single().Outcome.ShouldBe(WriteOutcome.Superseded);
        rig.Target.Landed.ShouldBeEmpty();
        Proven(rig, held, 0);
    }

    [Fact]
    public async Task Outcome_ThatCannotBeStored_IsFoundOnceTheAuditIsBack()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Target.AfterPatch = _ =>
        {
            rig.Store.AuditIsFull = true;
            return Task.CompletedTask;
        };
        await rig.RunAsync(s_short);
        rig.Store.Get(change.Id).PendingWrite.ShouldNotBeNull();
        rig.Target.Patches.ShouldBe(1);
        rig.Target.AfterPatch = null;
        rig.Store.AuditIsFull = false;
        Proven(rig, await rig.UntilAsync(change.Id, ChangeState.Completed), 0);
        rig.Target.Landed.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Intent_ThatCannotBeStored_IsNotWritten()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync(ShortPlan());
        rig.Store.AuditIsFull = true;
        await rig.RunAsync(s_short);
        rig.Target.Patches.ShouldBe(0);
        rig.Store.Get(change.Id).Writes.ShouldBeEmpty();
        await rig.RefusedAsync(() => rig.Service.PauseAsync(change.Id, ExecutionRig.Olga, null, default), ChangeFault.Unavailable, "audit-unavailable");
        rig.Store.AuditIsFull = false;
        Proven(rig, await rig.UntilAsync(change.Id, ChangeState.Completed), 0);
    }

    private static ChangeRequest ShortPlan() => ExecutionRig.Request() with { Soak = TimeSpan.FromSeconds(20) };

    /// <summary>Points that an undisturbed life has.</summary>
    private static async Task<int> PointsAsync(int least, Func<ExecutionRig, ChangeExecutor, Task<string>> live)
    {
        var rig = new ExecutionRig();
        var life = new KillSwitch(rig, 0);
        await live(rig, rig.NewExecutor("replica-1", life.Parts, life.Leases));
        life.Points.ShouldBeGreaterThanOrEqualTo(least);
        return life.Points;
    }

    private static async Task<(string Id, KillSwitch Life)> KilledAsync(ExecutionRig rig, int point, Func<ExecutionRig, ChangeExecutor, Task<string>> live)
    {
        var life = new KillSwitch(rig, point);
        return (await live(rig, rig.NewExecutor("replica-1", life.Parts, life.Leases)), life);
    }

    private static async Task TickWhileAliveAsync(ExecutionRig rig, ChangeExecutor executor, string id, ChangeState until)
    {
        for (var second = 0; second < 1200 && rig.Store.Get(id).State != until; second++)
        {
            try
            {
                await executor.TickAsync(default);
            }
            catch (InvalidOperationException)
            {
                // Killed while it looked for work.
                return;
            }

            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static void Proven(ExecutionRig rig, ChangeRecord change, int point)
    {
        var because = $"killed at {point}";
        change.PendingWrite.ShouldBeNull(because);
        change.Writes.Select(w => w.Id).Distinct().Count().ShouldBe(change.Writes.Length, because);
        var records = rig.Store.Audit.Where(r => r.Entry.ChangeId == change.Id && r.Entry.Action == "change.write").ToList();
        foreach (var write in change.Writes)
        {
            var of = records.Where(r => (string?)r.Entry.Details!["writeId"] == write.Id).Select(r => r.Entry.Phase).ToList();
            of.ShouldBe(["intent", "outcome"], $"{because}: write {write.Id}");
            rig.Target.Landed.Count(l => l.WriteId == write.Id).ShouldBe(write.Outcome == WriteOutcome.Applied ? 1 : 0, $"{because}: write {write.Id} is {write.Outcome}");
        }

        rig.Target.Landed.Select(l => l.WriteId).Except(change.Writes.Select(w => w.Id)).ShouldBeEmpty($"{because}: nothing is written without an intent");
    }
}
