using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Traffic;
using MeshConsole.Testing;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class GeneratedMeshTests
{
    [Theory]
    [InlineData(MeshSize.M, 200, 600, 900, 10)]
    [InlineData(MeshSize.L, 1_000, 10_000, 5_000, 50)]
    public void Blueprint_HasTheSizeThatItIsSaidToHave(MeshSize size, int services, int pods, int edges, int namespaces)
    {
        var blueprint = GeneratedMesh.Create(size, seed: 3);

        var teams = blueprint.Workloads.Where(workload => workload.Proxy != ProxyKind.Gateway).ToList();
        blueprint.Services.Count(service => service.Namespace != "istio-ingress").ShouldBe(services);
        teams.Sum(workload => workload.Replicas).ShouldBeInRange(pods * 49 / 50, pods * 51 / 50);
        var calls = teams.SelectMany(workload => workload.Calls.Select(call => (workload.App, call.Host))).Distinct().Count();
        (calls + blueprint.Demands.Length).ShouldBe(edges);
        blueprint.Namespaces.Count(ns => ns.Name.StartsWith("team-", StringComparison.Ordinal)).ShouldBe(namespaces);
        var hosts = blueprint.Services.Select(service => service.Host).ToHashSet();
        teams.SelectMany(workload => workload.Calls).ShouldAllBe(call => hosts.Contains(call.Host));
    }

    [Fact]
    public void SameSeed_GivesTheSameBlueprint_AndAnotherSeedDoesNot()
    {
        static string[] Calls(int seed) => [.. GeneratedMesh.Create(MeshSize.L, seed).Workloads.SelectMany(workload => workload.Calls.Select(call => $"{workload.Key} {call.Host} {call.PerRequest}"))];

        Calls(7).ShouldBe(Calls(7));
        Calls(7).ShouldNotBe(Calls(8));
    }

    [Fact]
    public void MediumMesh_HasTrafficOnEveryServiceAndOneReporterPerWorkload()
    {
        var time = new FakeTimeProvider();
        using var model = new MeshModel(new SimulatorOptions { Size = MeshSize.M, HistoryLength = TimeSpan.FromSeconds(30) }, time);
        model.CreateHistory(CancellationToken.None);
        var counted = new CountedSamples(model.Samples, model.TickedAt - TimeSpan.FromSeconds(30), model.TickedAt);

        var served = model.Traffic.Flows.Where(flow => flow.Key.Reporter == FlowReporter.Source && flow.Counters.Sum(counter => counter.Requests) > 0).Select(flow => flow.Host.Host).ToHashSet();
        model.Blueprint.Services.Where(service => service.Namespace != "istio-ingress" && !served.Contains(service.Host)).ShouldBeEmpty();
        model.Objects.List(ResourceTypes.Pods).Count.ShouldBeInRange(590, 620);
        // Operators of large meshes switch the size histograms off, and the engine obeys.
        counted.Series("istio_request_bytes_count").ShouldBeEmpty();
        foreach (var series in counted.Series("istio_requests_total", ("reporter", "destination")).GroupBy(series => series.Labels["destination_workload"]))
            series.Select(one => one.Labels["pod"]).Distinct().Count().ShouldBe(1);
    }
}
