using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Tests.Components;

/// <summary>A service of changes that holds what a test gives it and remembers what it was asked.</summary>
internal sealed class FakeChangeService : IChangeService
{
    public ImmutableArray<ChangeRecord> All { get; set; } = [];

    /// <summary>Answers every call that does something; throws to refuse.</summary>
    public Func<string, ChangeRecord> OnStep { get; set; } = _ => SampleChanges.Awaiting;

    public Func<ChangeRequest, CancellationToken, Task<ChangePreview>> OnPreview { get; set; } = (request, _) => Task.FromResult(SampleChanges.Preview(request));

    public Func<ImmutableArray<ChangeRecord>>? OnList { get; set; }

    public List<string> Steps { get; } = [];

    public List<ChangeRequest> Previews { get; } = [];

    public List<ChangeFilter> Filters { get; } = [];

    public List<string?> Keys { get; } = [];

    public int Listeners => Changed?.GetInvocationList().Length ?? 0;

    public event Action<string>? Changed;

    public void Raise(string id) => Changed?.Invoke(id);

    public Task<ChangePreview> PreviewAsync(ChangeRequest request, Actor actor, CancellationToken cancellationToken)
    {
        Previews.Add(request);
        return OnPreview(request, cancellationToken);
    }

    public Task<ChangeRecord> CreateAsync(ChangeRequest request, Actor actor, string? idempotencyKey, CancellationToken cancellationToken)
    {
        Keys.Add(idempotencyKey);
        return Step($"create by {actor.Subject}: {request.TargetPercent}");
    }

    public Task<ChangeRecord> SubmitAsync(string id, Actor actor, CancellationToken cancellationToken) => Step($"submit {id} by {actor.Subject}");

    public Task<ChangeRecord> ApproveAsync(string id, Actor actor, string comment, string? planHash, CancellationToken cancellationToken) => Step($"approve {id} by {actor.Subject} on {planHash}: {comment}");

    public Task<ChangeRecord> RejectAsync(string id, Actor actor, string comment, CancellationToken cancellationToken) => Step($"reject {id} by {actor.Subject}: {comment}");

    public Task<ChangeRecord> StartAsync(string id, Actor actor, CancellationToken cancellationToken) => Step($"start {id} by {actor.Subject}");

    public Task<ChangeRecord> PauseAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => Step($"pause {id} by {actor.Subject}: {reason}");

    public Task<ChangeRecord> ResumeAsync(string id, Actor actor, CancellationToken cancellationToken) => Step($"resume {id} by {actor.Subject}");

    public Task<ChangeRecord> AbortAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => Step($"abort {id} by {actor.Subject}: {reason}");

    public Task<ChangeRecord> RollbackAsync(string id, Actor actor, string? reason, CancellationToken cancellationToken) => Step($"rollback {id} by {actor.Subject}: {reason}");

    public Task<ChangeRecord> StopAsync(string routeId, Actor actor, string reason, string? stable, CancellationToken cancellationToken) => Step($"stop {routeId} to {stable} by {actor.Subject}: {reason}");

    public Task<ChangeRecord> FindAsync(string id, Actor actor, CancellationToken cancellationToken) => All.FirstOrDefault(change => change.Id == id) is { } found
        ? Task.FromResult(found)
        : throw new ChangeException(ChangeFault.NotFound, "no-such-change", $"There is no change {id}, or none that you may see.");

    public Task<ImmutableArray<ChangeRecord>> ListAsync(ChangeFilter filter, Actor actor, CancellationToken cancellationToken)
    {
        Filters.Add(filter);
        var all = OnList?.Invoke() ?? All;
        return Task.FromResult<ImmutableArray<ChangeRecord>>([.. all.Where(change => filter.States.IsEmpty || filter.States.Contains(change.State))]);
    }

    private Task<ChangeRecord> Step(string step)
    {
        Steps.Add(step);
        return Task.FromResult(OnStep(step));
    }
}
