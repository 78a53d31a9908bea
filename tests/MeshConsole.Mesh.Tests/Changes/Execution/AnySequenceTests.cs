using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>
/// People, faults and crashes in any order. Whatever happens, the console writes no weights but planned ones, goes to a next
/// stage only behind gates that passed on data, and gives each intent exactly one outcome.
/// </summary>
public sealed class AnySequenceTests
{
    private static readonly int[][] s_planned = [[75, 25], [50, 50], [20, 80], [90, 10], [100, 0]];

    [Fact]
    public async Task Weights_InAnySequenceOfEvents_NeverLeaveThePlan()
    {
        var completed = 0;
        var returned = 0;
        var stages = 0;
        for (var seed = 1; seed <= 80; seed++)
        {
            var rig = await LiveAsync(seed);
            var change = rig.Store.All[^1];
            completed += change.State == ChangeState.Completed ? 1 : 0;
            returned += change.State is ChangeState.RolledBack ? 1 : 0;
            stages += rig.Target.Landed.Length;
        }

        // The sequences are worth something only if they get anywhere.
        completed.ShouldBeGreaterThan(3);
        returned.ShouldBeGreaterThan(5);
        stages.ShouldBeGreaterThan(80);
    }

    [Fact]
    public async Task Stages_WithoutDataEver_NeverAdvance()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var rig = await LiveAsync(seed, neverData: true);
            rig.Target.Landed.ShouldAllBe(w => !w.Weights.SequenceEqual(s_planned[1]) && !w.Weights.SequenceEqual(s_planned[2]));
        }
    }

    private static async Task<ExecutionRig> LiveAsync(int seed, bool neverData = false)
    {
        var random = new Random(seed);
        var rig = new ExecutionRig();
        if (neverData)
        {
            rig.Gates.Requests = 3;
        }

        var change = await rig.StartedAsync(ExecutionRig.Request((75, 25), (50, 50), (20, 80)) with { Soak = TimeSpan.FromSeconds(20) });
        var faults = 0;
        rig.Target.BeforePatch = patch =>
        {
            Justified(rig, patch.WriteId, seed);
            return faults > 0 && random.Next(3) == 0 ? throw FakeTarget.TimedOut() : Task.CompletedTask;
        };
        rig.Target.AfterPatch = _ => faults > 0 && random.Next(3) == 0 ? throw FakeTarget.TimedOut() : Task.CompletedTask;
        var executor = rig.Executor;
        var processes = 1;
        for (var step = 0; step < 120 && !rig.Store.Get(change.Id).State.IsFinal(); step++)
        {
            faults--;
            switch (random.Next(40))
            {
                case 0:
                    executor = rig.NewExecutor($"replica-{++processes}");
                    rig.Time.Advance(TimeSpan.FromSeconds(16));
                    break;
                case 1 or 2:
                    faults = 10;
                    break;
                case 3:
                    rig.Target.Down = !rig.Target.Down;
                    break;
                case 4 when !neverData:
                    rig.Gates.Requests = random.Next(3) switch { 0 => null, 1 => 10, _ => 1000 };
                    break;
                case 5:
                    rig.Gates.Down = !rig.Gates.Down;
                    break;
                case 6 when random.Next(4) == 0:
                    rig.Gates.ErrorRatio = 0.05;
                    break;
                case 7:
                    rig.Gates.ErrorRatio = 0;
                    break;
                case 8:
                    rig.Target.TouchStatus();
                    break;
                case 9 when random.Next(5) == 0:
                    rig.Target.Edit("kubectl", 66, 34);
                    break;
                case 10 when random.Next(2) == 0:
                    await TryAsync(() => rig.Service.PauseAsync(change.Id, ExecutionRig.Omar, null, default));
                    break;
                case 11 or 12:
                    await TryAsync(() => rig.Service.ResumeAsync(change.Id, ExecutionRig.Omar, default));
                    break;
                case 13 when random.Next(6) == 0:
                    await TryAsync(() => rig.Service.RollbackAsync(change.Id, ExecutionRig.Omar, null, default));
                    break;
                case 14 when random.Next(10) == 0:
                    await TryAsync(() => rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Omar, "Provider fails", null, default));
                    break;
                case 15 when random.Next(10) == 0:
                    await TryAsync(() => rig.Service.AbortAsync(change.Id, ExecutionRig.Omar, null, default));
                    break;
                default:
                    break;
            }

            await rig.RunAsync(TimeSpan.FromSeconds(random.Next(1, 8)), executor);
        }

        // Let what is unknown become known.
        faults = 0;
        rig.Target.Down = false;
        await rig.RunAsync(TimeSpan.FromSeconds(40), executor);
        foreach (var record in rig.Store.All)
        {
            record.PendingWrite.ShouldBeNull($"seed {seed}");
            foreach (var write in record.Writes)
            {
                rig.Store.Audit.Where(r => r.Entry.Action == "change.write" && (string?)r.Entry.Details!["writeId"] == write.Id).Select(r => r.Entry.Phase).ShouldBe(["intent", "outcome"], $"seed {seed}, write {write.Id}");
                rig.Target.Landed.Count(l => l.WriteId == write.Id).ShouldBe(write.Outcome == WriteOutcome.Applied ? 1 : 0, $"seed {seed}, write {write.Id} is {write.Outcome}");
            }
        }

        rig.Target.Landed.ShouldAllBe(w => s_planned.Any(p => w.Weights.SequenceEqual(p)), $"seed {seed}");
        return rig;

        static async Task TryAsync(Func<Task> call)
        {
            try
            {
                await call();
            }
            catch (ChangeException)
            {
                // Not in this state.
            }
        }
    }

    /// <summary>At the moment of a write the store holds its intent, and for a later stage the pass of the one before.</summary>
    private static void Justified(ExecutionRig rig, string writeId, int seed)
    {
        var change = rig.Store.All.Single(c => c.Writes.Any(w => w.Id == writeId));
        change.PendingWrite!.Id.ShouldBe(writeId, $"seed {seed}");
        if (change.PendingWrite.Purpose == ChangeWrite.Stage && change.Stage > 0)
        {
            var before = change.Progress[change.Stage - 1];
            before.PassedAt.ShouldNotBeNull($"seed {seed}");
            before.Soaked.ShouldBeGreaterThanOrEqualTo(change.Plan.Stages[before.Stage].Soak, $"seed {seed}");
            var look = before.Looks[^1];
            (look.Verdict, look.Evidence.Canary!.Requests >= 50).ShouldBe((GateVerdict.Pass, true), $"seed {seed}");
        }
    }
}
