using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>A console without pages: service and executor over fakes, on a clock that the test moves.</summary>
internal sealed class ExecutionRig : IWriteControls, IChangeNotices
{
    public const string Route = "main/payments/VirtualService/card-processor/http/1";

    public static readonly TimeSpan Soak = TimeSpan.FromMinutes(5);

    /// <param name="targets">Null: one VirtualService; else whatever the test has, which is planned and written with the real planner.</param>
    public ExecutionRig(ITargetWriter? targets = null, MeshSnapshot? snapshot = null)
    {
        Store = new FakeChangeStore(Time);
        Target = new FakeTarget(Time);
        Views.OnRoutes = [SampleViews.Routes[0], SampleViews.Routes[1]];
        Parts = new ExecutionParts
        {
            Store = Store,
            Audit = Store,
            Targets = targets ?? Target,
            Gates = Gates,
            Snapshots = new FakeMeshSnapshots(snapshot ?? SampleViews.Snapshot()),
            Views = Views,
            Plans = new FakeWorkshop(),
            Controls = this,
            Notices = this,
            Guards = context => Guards(context),
            Evaluate = FakeGates.Evaluate,
            Policy = () => Policy,
            Time = Time,
            Current = actor => Current(actor),
        };
        Service = NewService();
        Executor = NewExecutor("replica-1");
    }

    public FakeTimeProvider Time { get; } = new();

    public FakeChangeStore Store { get; }

    public FakeTarget Target { get; }

    public FakeGates Gates { get; } = new();

    public FakeMeshViews Views { get; } = new();

    public ExecutionParts Parts { get; }

    public ChangeService Service { get; }

    public ChangeExecutor Executor { get; set; }

    public ChangePolicy Policy { get; set; } = ChangePolicy.Default with { Enabled = true };

    public Func<GuardContext, ImmutableArray<GuardVerdict>> Guards { get; set; } = _ => [Verdict("fake", GuardOutcome.Pass)];

    public Func<Actor, Actor?> Current { get; set; } = actor => actor;

    public BreakGlass? Glass { get; set; }

    /// <summary>What was queued for receivers, in order.</summary>
    public ImmutableArray<(string Type, string? ChangeId)> Notices => [.. Store.Notifications.Select(n => (n.Payload, n.ChangeId))];

    public static Actor Olga { get; } = Person("olga", Role.Viewer, Role.Operator);

    public static Actor Omar { get; } = Person("omar", Role.Viewer, Role.Operator);

    public static Actor Anna { get; } = Person("anna", Role.Viewer, Role.Approver);

    public static Actor Axel { get; } = Person("axel", Role.Viewer, Role.Approver);

    public static Actor Vera { get; } = Person("vera", Role.Viewer);

    public static Actor Person(string name, params Role[] roles) => new()
    {
        Issuer = "demo",
        Subject = name,
        Name = name,
        Method = "persona",
        Roles = [.. roles],
        ClusterIdentity = new Impersonation(name, []),
    };

    public static GuardVerdict Verdict(string code, GuardOutcome outcome) => new(code, code, outcome, "The tests.", $"{code} found something.", "Wait.", []);

    public ChangeService NewService() => new(Parts);

    public ChangeExecutor NewExecutor(string holder, ExecutionParts? parts = null, ILeaseStore? leases = null) => new(parts ?? Parts, leases ?? Store, holder, NullLogger<ChangeExecutor>.Instance);

    public static ChangeRequest Request(params (int Stable, int Canary)[] stages) => new(
        Route,
        Stages: [.. (stages.Length == 0 ? [(75, 25), (50, 50)] : stages).Select(s => new RequestedStage([s.Stable, s.Canary]))],
        Soak: Soak,
        Reason: "New provider",
        Ticket: "PAY-1");

    public async Task<ChangeRecord> DraftAsync(ChangeRequest? request = null) => await Service.CreateAsync(request ?? Request(), Olga, null, default);

    public async Task<ChangeRecord> SubmittedAsync(ChangeRequest? request = null) => await Service.SubmitAsync((await DraftAsync(request)).Id, Olga, default);

    public async Task<ChangeRecord> ApprovedAsync(ChangeRequest? request = null) => await Service.ApproveAsync((await SubmittedAsync(request)).Id, Anna, "Looks good", null, default);

    public async Task<ChangeRecord> StartedAsync(ChangeRequest? request = null) => await Service.StartAsync((await ApprovedAsync(request)).Id, Olga, default);

    /// <summary>Lets the executor work for so long, a second at a time.</summary>
    public async Task RunAsync(TimeSpan length, ChangeExecutor? executor = null)
    {
        for (var left = length; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            await (executor ?? Executor).TickAsync(default);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await (executor ?? Executor).TickAsync(default);
    }

    /// <summary>Lets the executor work until the change is in that state; fails after the given time of the clock.</summary>
    public async Task<ChangeRecord> UntilAsync(string id, Func<ChangeRecord, bool> reached, TimeSpan? within = null, ChangeExecutor? executor = null)
    {
        for (var left = within ?? TimeSpan.FromMinutes(30); left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            await (executor ?? Executor).TickAsync(default);
            if (reached(Store.Get(id)))
            {
                return Store.Get(id);
            }

            Time.Advance(TimeSpan.FromSeconds(1));
        }

        var last = Store.Get(id);
        throw new InvalidOperationException($"Not reached. It is {last.State}, stage {last.Stage}: {last.StateReason}");
    }

    public Task<ChangeRecord> UntilAsync(string id, ChangeState state, TimeSpan? within = null, ChangeExecutor? executor = null) => UntilAsync(id, c => c.State == state, within, executor);

    public async Task<ChangeException> RefusedAsync(Func<Task> call, ChangeFault fault, string code)
    {
        var exception = await Should.ThrowAsync<ChangeException>(call);
        (exception.Fault, exception.Code).ShouldBe((fault, code), exception.Message);
        return exception;
    }

    Task<ImmutableArray<ReadOnlySwitch>> IWriteControls.ReadOnlyAsync(CancellationToken cancellationToken) => Task.FromResult<ImmutableArray<ReadOnlySwitch>>([]);

    Task<BreakGlass?> IWriteControls.BreakGlassAsync(string targetKey, CancellationToken cancellationToken) => Task.FromResult(Glass);

    ImmutableArray<Notification> IChangeNotices.Of(ChangeNotice notice) => [new Notification(Guid.NewGuid().ToString("N"), "rig", notice.Change.Id, notice.Type)];

    ImmutableArray<Notification> IChangeNotices.Of(BreakGlassNotice notice) => [new Notification(Guid.NewGuid().ToString("N"), "rig", null, notice.Type)];
}
