using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Simulator;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Prometheus;

/// <summary>The simulated payments mesh over HTTP, some of whose proxies stop being scraped.</summary>
public sealed class SimulatedScrapeLossTests
{
    [Fact]
    public async Task Build_ProxiesStopBeingScraped_TheirEdgesBecomeUnknownAndComeBack()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        var time = new FakeTimeProvider();
        await using var mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(3) }, NullLoggerFactory.Instance, time, patience.Token);
        using var http = new HttpClient();
        var client = new PrometheusClient(http, new PrometheusEndpoint(mesh.PrometheusUrl), TimeProvider.System);
        var history = new TelemetryHistory("demo", client, new IstioDialect(), new TelemetrySettings { RefreshInterval = TimeSpan.FromSeconds(1) }, () => false);
        var objects = await ObjectsAsync(mesh, patience.Token);

        var before = await NextAsync(null);
        before.ScrapeGaps.ShouldBeEmpty("every proxy of the mesh is scraped");
        var hop = before.Edges.First(edge => edge.Source.Workload.Name == "payment-api" && edge.Target.Workload.Name == "fraud-engine");
        hop.FromSource!.RequestsPerSecond!.Value.ShouldBeGreaterThan(0);

        mesh.SetScraped("payments", "no-such-workload", false).ShouldBeFalse();
        mesh.SetScraped(hop.Source.Workload.Namespace, "payment-api", false).ShouldBeTrue();
        mesh.SetScraped(hop.Target.Workload.Namespace, "fraud-engine", false).ShouldBeTrue();
        await PassAsync(seconds: 80); // The rate window and a scrape: nothing of the lost proxies is left in any rate.
        var lost = await NextAsync(before);

        lost.ScrapeGaps.Keys.Select(id => id.Name).Order(StringComparer.Ordinal).ShouldBe(["fraud-engine", "payment-api"]);
        lost.ScrapeGaps.Values.ShouldAllBe(gap => gap.Missing == gap.Running && gap.Running > 0);
        lost.Telemetry!.Edges.ShouldNotContain(edge => edge.Source == hop.Source && edge.Target == hop.Target, "Prometheus has no series of it any more");
        var view = TopologyBuilder.Build(new MeshSnapshot(2, lost.Telemetry.At, [lost]), MeshQuery.All, TopologyLevel.Workload);
        var edge = view.Edges.Single(edge => edge.Source.EndsWith("/payment-api", StringComparison.Ordinal) && edge.Target.EndsWith("/fraud-engine", StringComparison.Ordinal));
        (edge.RequestsPerSecond, edge.Health, edge.Mtls.State).ShouldBe((null, Health.Unknown, MutualTlsState.Unknown));
        edge.Mtls.Reason!.ShouldStartWith("Telemetry missing:");
        view.Nodes.Single(node => node.Name == "fraud-engine").Health.ShouldBe(Health.Unknown);

        mesh.SetScraped(hop.Source.Workload.Namespace, "payment-api", true);
        mesh.SetScraped(hop.Target.Workload.Namespace, "fraud-engine", true);
        await PassAsync(seconds: 80);
        var back = await NextAsync(lost);

        back.ScrapeGaps.ShouldBeEmpty();
        back.Edges.First(edge => edge.Source == hop.Source && edge.Target == hop.Target).FromSource!.RequestsPerSecond!.Value.ShouldBeGreaterThan(0);

        async Task<ClusterSnapshot> NextAsync(ClusterSnapshot? previous) =>
            SnapshotBuilder.Build("demo", objects, [], await history.AtAsync(mesh.SampledAt, TimeSpan.FromMinutes(1), patience.Token), previous);

        async Task PassAsync(int seconds)
        {
            var until = mesh.SampledAt.AddSeconds(seconds);
            await time.WaitForTimersAsync();
            while (mesh.SampledAt < until)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, patience.Token);
            }
        }
    }

    private static async Task<ClusterObjects> ObjectsAsync(SimulatedMesh mesh, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("meshconsole-test-").FullName, "kubeconfig");
        await File.WriteAllTextAsync(file, mesh.Kubeconfig, cancellationToken);
        using var kubernetes = new KubernetesClient(Kubeconfig.Load(file).Connect(null, TimeProvider.System), TimeProvider.System);
        using var source = new ClusterObjectSource(kubernetes, new ClusterWatchOptions(), TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = source.RunAsync(stop.Token);
        await source.Ready.WaitAsync(cancellationToken);
        var objects = source.Objects;
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return objects;
    }
}
