using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Snapshots;

/// <summary>Sources of one cluster that a test sets by hand.</summary>
internal sealed class FakeSources : IClusterObjectSource, ITelemetrySource
{
    private readonly TaskCompletionSource _ready = new();

    public event Action? Changed;

    public ClusterObjects Objects { get; private set; } = new();

    public TelemetryFrame? Frame { get; private set; }

    public ImmutableArray<SourceStatus> Sources { get; private set; } = [];

    public Task Ready => _ready.Task;

    /// <summary>Handlers at the moment.</summary>
    public int Listeners => Changed?.GetInvocationList().Length ?? 0;

    public ClusterSources For(string cluster) => new(cluster, this, this);

    public void Set(ClusterObjects objects)
    {
        Objects = objects;
        Changed?.Invoke();
    }

    public void Set(TelemetryFrame frame)
    {
        Frame = frame;
        Changed?.Invoke();
    }

    public void SetReady() => _ready.TrySetResult();

    public Task RunAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
