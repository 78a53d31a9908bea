using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing.RealServices;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.System.Tests.Watching;

/// <summary>The console's watchers at work on a real API server.</summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    private readonly KubernetesClient _client;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    private WatchedCluster(KubernetesConnection connection, ClusterWatchOptions options, KubernetesClientOptions clientOptions)
    {
        _client = new KubernetesClient(connection, TimeProvider.System, clientOptions);
        Source = new ClusterObjectSource(_client, options, TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        _running = Source.RunAsync(_end.Token);
    }

    public ClusterObjectSource Source { get; }

    /// <summary>Watches as a kubeconfig says.</summary>
    public static WatchedCluster Start(string kubeconfig, ClusterWatchOptions? options = null) =>
        new(Kubeconfig.Load(kubeconfig).Connect(null, TimeProvider.System), options ?? new ClusterWatchOptions(), new KubernetesClientOptions());

    /// <summary>Watches as administrator; <paramref name="before"/> runs before each request goes out.</summary>
    public static WatchedCluster StartGated(RealKubernetes cluster, Func<HttpRequestMessage, Task> before, ClusterWatchOptions? options = null, KubernetesClientOptions? clientOptions = null) =>
        new(
            KubernetesConnection.Through(() => new RequestGate(cluster.TrustingHandler(), before), cluster.Server, CredentialSource.BearerToken(cluster.TokenOf("admin"))),
            options ?? new ClusterWatchOptions(),
            clientOptions ?? new KubernetesClientOptions());

    /// <summary>Watches as administrator, with all that comes from the server on record.</summary>
    public static WatchedCluster StartRecorded(RealKubernetes cluster, WireRecord record) =>
        new(
            KubernetesConnection.Through(() => record.Over(cluster.TrustingHandler()), cluster.Server, CredentialSource.BearerToken(cluster.TokenOf("admin"))),
            new ClusterWatchOptions(),
            new KubernetesClientOptions());

    public SourceStatus this[string source] => Source.Sources.Single(status => status.Name == source);

    private string NotLive => string.Join('\n', Source.Sources.Where(source => source.State != SourceState.Live).Select(source => $"{source.Name} {source.State} since {source.Since:T}: {source.Message}"));

    public async Task ReadyAsync() => await Source.Ready.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Waits until the console holds exactly what a fresh list of another client says.</summary>
    public async Task UntilEqualAsync(ApiClient other, TimeSpan within) => await Eventually.BecomesAsync(
        "the objects held equal a fresh list",
        within,
        async token =>
        {
            var listed = await ObjectSets.ListedAsync(other, token);
            var held = ObjectSets.Held(Source.Objects);
            return held == listed
                ? "equal"
                : $"held only: {string.Join(", ", held.Split('\n').Except(listed.Split('\n')))}; listed only: {string.Join(", ", listed.Split('\n').Except(held.Split('\n')))}; {NotLive}";
        },
        difference => difference == "equal");

    public async Task UntilAsync(string what, TimeSpan within, Func<WatchedCluster, bool> holds) => await Eventually.BecomesAsync(
        what,
        within,
        _ => Task.FromResult((Holds: holds(this), Seen: NotLive)),
        seen => seen.Holds);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10));
        Source.Dispose();
        _client.Dispose();
        _end.Dispose();
    }
}
