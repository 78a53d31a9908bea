using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>A real API server and a real Prometheus that hold <see cref="HostileMesh"/>, and the console between them. Started by the first test that asks.</summary>
public sealed class HostileRig : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _running = [];
    private ScratchFolder? _scratch;

    public ConsoleProcess Console { get; private set; } = null!;

    public async Task StartedAsync()
    {
        Requires.Kubernetes();
        Requires.Prometheus();
        if (Console is { HasExited: false })
        {
            return;
        }

        var metrics = Running(await HostileMesh.StartAsync());
        var kubernetes = Running(await RealKubernetes.StartAsync());
        await HostileMesh.WriteObjectsAsync(kubernetes.Admin);
        var prometheus = Running(await RealPrometheus.StartAsync(metrics.ScrapeConfig, metrics.History(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(1))));
        await Eventually.BecomesAsync(
            "the mesh was scraped",
            TimeSpan.FromSeconds(30),
            token => prometheus.QueryAsync("count_over_time(up[10s]) >= 2", cancellationToken: token),
            samples => samples.Count == 1);
        _scratch = ScratchFolder.Create("hostile");
        var settings = HandMeshRig.Settings(kubernetes.WriteKubeconfig(), prometheus.Address);
        settings["Storage:ConnectionString"] = $"Data Source={_scratch.File("console.db")}";
        Console = Running(await ConsoleProcess.StartAsync(settings));
        await Console.UntilReadyAsync();
        await Eventually.BecomesAsync(
            "the console has rates",
            TimeSpan.FromSeconds(60),
            token => Console.GetJsonAsync("api/v1/topology?view=workload", token),
            topology => topology["edges"]!.AsArray().Count > 10);
        await HostileMesh.TouchAsync(kubernetes.Admin);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running))
        {
            await running.DisposeAsync();
        }

        _scratch?.Dispose();
    }

    private T Running<T>(T running)
        where T : IAsyncDisposable
    {
        _running.Add(running);
        return running;
    }
}
