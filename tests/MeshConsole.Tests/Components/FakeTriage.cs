using System.Collections.Immutable;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Tests.Components;

/// <summary>What is wrong and what changed, as a test says it.</summary>
internal sealed class FakeTriage : ITriage, ITimelineStore
{
    public event Action? Changed;

    public TriageView Current { get; private set; } = TriageView.Empty;

    public ImmutableArray<TimelineEntry> Kept { get; set; } = [];

    /// <summary>The store's answer to every question, where it has one of its own.</summary>
    public StorageException? Fault { get; set; }

    public TimelineFilter? Asked { get; private set; }

    public void Say(TriageView view)
    {
        Current = view;
        Changed?.Invoke();
    }

    public Task AddAsync(ImmutableArray<TimelineEntry> entries, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<ImmutableArray<TimelineEntry>> SearchAsync(TimelineFilter filter, CancellationToken cancellationToken)
    {
        Asked = filter;
        return Fault is { } fault ? Task.FromException<ImmutableArray<TimelineEntry>>(fault) : Task.FromResult(Kept);
    }

    public Task<int> ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.FromResult(0);
}
