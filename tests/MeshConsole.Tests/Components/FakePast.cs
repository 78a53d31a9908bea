using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>Past instants as a test says them.</summary>
internal sealed class FakePast : IPastSnapshots
{
    public List<(string? Cluster, DateTimeOffset At)> Asked { get; } = [];

    /// <summary>The answer; that of the sample mesh unless said otherwise.</summary>
    public Func<DateTimeOffset, Task<MeshSnapshot>> Answer { get; set; } = _ => Task.FromResult(SampleViews.Snapshot());

    public Task<MeshSnapshot> AtAsync(MeshSnapshot current, string? cluster, DateTimeOffset at, CancellationToken cancellationToken)
    {
        Asked.Add((cluster, at));
        return Answer(at);
    }
}
