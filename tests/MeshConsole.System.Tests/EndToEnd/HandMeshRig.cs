using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// The whole of it: a real API server holding <see cref="HandMeshObjects"/>, a real Prometheus scraping <see cref="HandMesh"/>,
/// and the console as its own process between them. Started by the first test that asks.
/// </summary>
public sealed class HandMeshRig : IAsyncLifetime
{
    public const string Collection = "the mesh by hand";
    public const string Cluster = "real";

    private LinearMetrics? _metrics;
    private RealKubernetes? _kubernetes;
    private RealPrometheus? _prometheus;
    private ConsoleProcess? _console;

    public RealKubernetes Kubernetes => _kubernetes!;

    public RealPrometheus Prometheus => _prometheus!;

    public ConsoleProcess Console => _console!;

    public async Task StartedAsync()
    {
        Requires.Kubernetes();
        Requires.Prometheus();
        if (_console is { HasExited: false })
        {
            return;
        }

        _metrics = await HandMesh.StartAsync();
        _kubernetes = await RealKubernetes.StartAsync();
        await HandMeshObjects.WriteAsync(_kubernetes.Admin);
        _prometheus = await RealPrometheus.StartAsync(_metrics.ScrapeConfig, _metrics.History(TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1)));
        await Eventually.BecomesAsync(
            "the mesh was scraped",
            TimeSpan.FromSeconds(15),
            token => _prometheus.QueryAsync("count_over_time(up[10s]) >= 2", cancellationToken: token),
            samples => samples.Count == 1);
        _console = await ConsoleProcess.StartAsync(Settings(_kubernetes.WriteKubeconfig(), _prometheus.Address));
        await _console.UntilReadyAsync();
    }

    /// <summary>How an operator points the console at a cluster.</summary>
    internal static Dictionary<string, string> Settings(string kubeconfig, Uri prometheus, TimeSpan? refresh = null) => new(StringComparer.Ordinal)
    {
        ["Auth:Mode"] = "Demo",
        ["Clusters:0:Name"] = Cluster,
        ["Clusters:0:Kubeconfig"] = kubeconfig,
        ["Clusters:0:PrometheusUrl"] = prometheus.AbsoluteUri,
        ["Telemetry:RefreshInterval"] = (refresh ?? TimeSpan.FromSeconds(5)).ToString(),
        ["Telemetry:RateWindow"] = "00:01:00",
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_console is { } console)
        {
            await console.DisposeAsync();
        }

        if (_prometheus is { } prometheus)
        {
            await prometheus.DisposeAsync();
        }

        if (_kubernetes is { } kubernetes)
        {
            await kubernetes.DisposeAsync();
        }

        if (_metrics is { } metrics)
        {
            await metrics.DisposeAsync();
        }
    }
}

[CollectionDefinition(HandMeshRig.Collection, DisableParallelization = true)]
public sealed class HandMeshRigCollection : ICollectionFixture<HandMeshRig>;
