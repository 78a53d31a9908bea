using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Start_FiftyAtOnce_MakesOneStartAndOneWrite()
    {
        var rig = new ExecutionRig();
        var change = await rig.ApprovedAsync();
        var starts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            try
            {
                await rig.Service.StartAsync(change.Id, ExecutionRig.Olga, default);
                return "started";
            }
            catch (ChangeException exception)
            {
                return exception.Code;
            }
        })));
        starts.Count(s => s == "started").ShouldBe(1);
        starts.Where(s => s != "started").ShouldAllBe(s => s == "wrong-state");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => rig.Executor.TickAsync(default))));
        rig.Target.Patches.ShouldBe(1);
        rig.Store.Get(change.Id).Writes.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Stop_FiftyAtOnce_MakesOneChangeAndOneWrite()
    {
        var rig = new ExecutionRig();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => rig.Service.StopAsync(ExecutionRig.Route, ExecutionRig.Olga, "provider fails", null, default))));
        await rig.RunAsync(TimeSpan.FromSeconds(5));
        rig.Store.All.Length.ShouldBe(1);
        rig.Target.Landed.Length.ShouldBe(1);
        rig.Target.Weights.ShouldBe([100, 0]);
    }

    [Fact]
    public async Task Create_SameKeyAtOnce_MakesOneChange()
    {
        var rig = new ExecutionRig();
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => rig.Service.CreateAsync(ExecutionRig.Request(), ExecutionRig.Olga, "key", default))));
        made.Select(c => c.Id).Distinct().Count().ShouldBe(1);
        (await rig.Service.CreateAsync(ExecutionRig.Request(), ExecutionRig.Omar, "key", default)).Id.ShouldNotBe(made[0].Id, "a key is of one person");
    }

    [Fact]
    public async Task Executors_TwoOverOneStore_OneExecutes()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync();
        var second = rig.NewExecutor("replica-2");
        for (var i = 0; i < 30; i++)
        {
            await Task.WhenAll(rig.Executor.TickAsync(default), second.TickAsync(default));
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        (rig.Executor.IsExecuting, second.IsExecuting).ShouldBe((true, false));
        rig.Target.Patches.ShouldBe(1);
        rig.Store.Get(change.Id).Writes.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Executor_StoppedBetweenIntentAndWriteForLongerThanTheLease_DoesNotWrite()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync();
        var asleep = new SleepingStore(rig.Store, audit => audit is [{ Phase: "intent" }]);
        var sleeper = rig.NewExecutor("replica-1", rig.Parts with { Store = asleep });
        var tick = sleeper.TickAsync(default);
        await asleep.Asleep;
        rig.Store.Get(change.Id).PendingWrite.ShouldNotBeNull("the intent is stored");

        // Thirty seconds pass in which the sleeper does nothing, and another replica takes over.
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        var heir = rig.NewExecutor("replica-2");
        await heir.TickAsync(default);
        heir.IsExecuting.ShouldBeTrue();
        asleep.Wake();
        await tick;
        rig.Target.Patches.ShouldBe(0);
        await rig.RunAsync(TimeSpan.FromSeconds(20), heir);
        await sleeper.TickAsync(default);
        rig.Store.Get(change.Id).Writes.Select(w => w.Outcome).ShouldBe([WriteOutcome.NotApplied, WriteOutcome.Applied]);
        rig.Target.Patches.ShouldBe(1);
    }

    [Fact]
    public async Task Executor_StoppedBeforeStoringAnIntent_IsFencedByTheStore()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync();
        var asleep = new SleepingStore(rig.Store, audit => audit is [{ Phase: "intent" }], before: true);
        var sleeper = rig.NewExecutor("replica-1", rig.Parts with { Store = asleep });
        var tick = sleeper.TickAsync(default);
        await asleep.Asleep;
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        var heir = rig.NewExecutor("replica-2");
        await heir.TickAsync(default);
        asleep.Wake();
        await tick;
        sleeper.IsExecuting.ShouldBeFalse();
        rig.Target.Landed.Length.ShouldBe(1);
        rig.Store.Get(change.Id).Writes.Length.ShouldBe(1);
    }

    /// <summary>Nobody has touched the change meanwhile, so that its version does not help: the lease alone refuses.</summary>
    [Fact]
    public async Task Executor_WhoseLeaseWasTakenMeanwhile_StoresNoIntent()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync();
        var asleep = new SleepingStore(rig.Store, audit => audit is [{ Phase: "intent" }], before: true);
        var sleeper = rig.NewExecutor("replica-1", rig.Parts with { Store = asleep });
        var tick = sleeper.TickAsync(default);
        await asleep.Asleep;
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        (await rig.Store.TryAcquireAsync(ExecutorSettings.LeaseName, "replica-2", TimeSpan.FromSeconds(15), default)).ShouldNotBeNull();
        asleep.Wake();
        await tick;
        rig.Store.Get(change.Id).Version.ShouldBe(change.Version);
        rig.Target.Patches.ShouldBe(0);
    }

    [Fact]
    public async Task Executor_ThatRuns_LetsGoOfTheLeaseAtShutdown()
    {
        var rig = new ExecutionRig();
        var change = await rig.StartedAsync();
        using var stopping = new CancellationTokenSource();
        var running = rig.Executor.RunAsync(stopping.Token);
        for (var i = 0; i < 500 && rig.Target.Landed.IsEmpty; i++)
        {
            await Task.Yield();
            rig.Time.Advance(TimeSpan.FromSeconds(0.1));
        }

        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        var heir = rig.NewExecutor("replica-2");
        await heir.TickAsync(default);
        heir.IsExecuting.ShouldBeTrue();
        await rig.RunAsync(TimeSpan.FromSeconds(20), heir);
        rig.Store.Get(change.Id).Writes.Count(w => w.Outcome == WriteOutcome.Applied).ShouldBe(1);
    }

    [Fact]
    public async Task Start_OfTwoChangesOfOneTarget_RefusesTheSecond()
    {
        var rig = new ExecutionRig();
        var first = await rig.ApprovedAsync();
        var second = await rig.ApprovedAsync();
        await rig.Service.StartAsync(first.Id, ExecutionRig.Olga, default);
        var refusal = await rig.RefusedAsync(() => rig.Service.StartAsync(second.Id, ExecutionRig.Olga, default), ChangeFault.Conflict, "target-busy");
        refusal.Message.ShouldContain(first.Id);
    }

    /// <summary>A store in which one call stands still, as if the process were stopped there.</summary>
    private sealed class SleepingStore(IChangeStore inner, Func<ImmutableArray<AuditEntry>, bool> where, bool before = false) : IChangeStore
    {
        private readonly TaskCompletionSource _asleep = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asleep => _asleep.Task.WaitAsync(TimeSpan.FromSeconds(10));

        public void Wake() => _awake.SetResult();

        public Task<ChangeRecord?> FindAsync(string id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

        public Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, CancellationToken cancellationToken) => inner.ListAsync(filter, cancellationToken);

        public Task<ImmutableArray<ChangeRecord>> ListOpenAsync(CancellationToken cancellationToken) => inner.ListOpenAsync(cancellationToken);

        public Task<ImmutableArray<DateTimeOffset>> ListStartsAsync(string cluster, DateTimeOffset since, CancellationToken cancellationToken) => inner.ListStartsAsync(cluster, since, cancellationToken);

        public Task<ChangeRecord> AddAsync(ChangeRecord change, string? idempotencyKey, ImmutableArray<AuditEntry> audit, ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => inner.AddAsync(change, idempotencyKey, audit, notifications, cancellationToken);

        public async Task<ChangeRecord> ReplaceAsync(ChangeRecord change, ImmutableArray<AuditEntry> audit, HeldLease? lease, ImmutableArray<Notification> notifications, CancellationToken cancellationToken)
        {
            var sleeps = where(audit) && !_asleep.Task.IsCompleted;
            var stored = sleeps && before ? null : await inner.ReplaceAsync(change, audit, lease, notifications, cancellationToken);
            if (sleeps)
            {
                _asleep.SetResult();
                await _awake.Task;
            }

            return stored ?? await inner.ReplaceAsync(change, audit, lease, notifications, cancellationToken);
        }
    }
}
