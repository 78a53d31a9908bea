using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Tests.Components;

/// <summary>A history as the test says it; counts who asks.</summary>
internal sealed class FakeSignalTrends : ISignalTrends
{
    public int Reads { get; private set; }

    public Func<MeshQuery, Task<SignalTrends?>> OnRead { get; set; } = _ => Task.FromResult<SignalTrends?>(null);

    public Task<SignalTrends?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, CancellationToken cancellationToken)
    {
        Reads++;
        return OnRead(query);
    }
}
