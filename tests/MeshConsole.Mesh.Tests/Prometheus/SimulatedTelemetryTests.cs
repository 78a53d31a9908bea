using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Prometheus;

/// <summary>One refresh against the simulated payments mesh, over HTTP: what must hold of any healthy mesh with both reporters.</summary>
public sealed class SimulatedTelemetryTests
{
    [Fact]
    public async Task AtAsync_SimulatedPayments_IsAMeshWhoseEndsAgree()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        await using var mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(5) }, NullLoggerFactory.Instance, TimeProvider.System, patience.Token);
        using var http = new HttpClient();
        var client = new PrometheusClient(http, new PrometheusEndpoint(mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var settings = new TelemetrySettings { RefreshInterval = TimeSpan.FromSeconds(1) };

        var frame = await new TelemetryHistory("demo", client, new IstioDialect(), settings, () => false).AtAsync(mesh.SampledAt, TimeSpan.FromMinutes(1), patience.Token);

        client.QueriesSent.ShouldBeLessThanOrEqualTo(12);
        var both = frame.Edges.Where(edge => edge.Protocol != "tcp" && edge.FromSource is not null && edge.FromDestination is not null).ToList();
        both.Count.ShouldBeGreaterThan(20);
        foreach (var edge in both)
        {
            // A healthy mesh hardly retries: what was sent is what arrived.
            edge.FromDestination!.RequestsPerSecond!.Value.ShouldBe(edge.FromSource!.RequestsPerSecond!.Value, 0.2 + (0.1 * edge.FromSource.RequestsPerSecond.Value), edge.ServiceHost);
            edge.FromSource.DurationCount.ShouldNotBeNull();
            edge.FromSource.RequestSecurity.Mutual.ShouldBe(0, "a caller's proxy never knows");
        }

        // The histogram, the counter of durations and the counter of requests tell of the same requests.
        var busy = both.MaxBy(edge => edge.FromDestination!.RequestsPerSecond)!.FromDestination!;
        busy.Durations!.Rate.ShouldBe(busy.DurationCount!.Value, 1e-9);
        busy.DurationCount.Value.ShouldBe(busy.RequestsPerSecond!.Value, 1e-9);

        var versions = frame.Edges.Where(edge => edge.Target.App == "card-processor" && edge.Source.Workload.Name == "payment-api").ToDictionary(edge => edge.Target.Version!, edge => edge.FromSource!.RequestsPerSecond!.Value);
        versions.Keys.Order(StringComparer.Ordinal).ShouldBe(["v1", "v2"]);
        frame.Edges.ShouldContain(edge => edge.Protocol == "tcp" && edge.FromDestination!.ByteSecurity.Mutual > 0);
        frame.Edges.ShouldContain(edge => edge.Source.Workload.IsUnknown && edge.FromDestination!.RequestSecurity.Plaintext > 0);
        frame.ProxyCertificates.ShouldNotBeEmpty();
        frame.ControlPlane.ShouldContain(sample => sample.Metric == ControlPlaneMetrics.ConnectedProxies && sample.Value > 0);
        frame.Edges.ShouldAllBe(edge => edge.Source.Workload.Cluster == "demo" && edge.Target.Workload.Cluster == "demo");
    }
}
