using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class ScrapeLossTests : IDisposable
{
    private readonly TinyMesh _mesh = new();

    public void Dispose() => _mesh.Dispose();

    [Fact]
    public void Workload_OutOfTheScrape_EndsItsSeriesAndNoOthers()
    {
        _mesh.Model.Telemetry.SetScraped("shop", "front", false).ShouldBeTrue();
        _mesh.Run(2);

        All("istio_build", ("app", "front")).ShouldAllBe(series => HasEnded(series));
        All("istio_requests_total", ("reporter", "destination"), ("destination_workload", "front")).ShouldAllBe(series => HasEnded(series));
        All("istio_requests_total", ("reporter", "source"), ("source_workload", "front")).ShouldAllBe(series => HasEnded(series));
        All("istio_build", ("app", "back")).ShouldAllBe(series => !HasEnded(series));
        All("istio_requests_total", ("reporter", "source"), ("destination_workload", "front")).ShouldAllBe(series => !HasEnded(series));
        All("istio_requests_total", ("reporter", "destination"), ("source_workload", "front")).ShouldAllBe(series => !HasEnded(series));
    }

    [Fact]
    public void Workload_BackInTheScrape_HasCountedOn()
    {
        double Counted() => All("istio_requests_total", ("reporter", "destination"), ("destination_workload", "front")).Sum(series => series.Newest!.Value.Value);
        _mesh.Run(1);
        var before = Counted();

        _mesh.Model.Telemetry.SetScraped("shop", "front", false);
        _mesh.Run(5);
        _mesh.Model.Telemetry.SetScraped("shop", "front", true).ShouldBeTrue();
        _mesh.Run(1);

        // Six scrapes of five seconds at about a hundred requests per second.
        (Counted() - before).ShouldBe(3_000, 300);
        All("istio_build", ("app", "front")).ShouldAllBe(series => !HasEnded(series));
    }

    [Fact]
    public void OnePod_OutOfTheScrape_LeavesItsSiblings()
    {
        var builds = All("istio_build", ("app", "front"));
        builds.Count.ShouldBeGreaterThan(1);
        var pod = _mesh.Model.Observer.Workloads.Single(workload => workload.Name == "front").Pods[0].Name;

        _mesh.Model.Telemetry.SetScraped("shop", pod, false).ShouldBeTrue();
        _mesh.Run(1);

        builds.Count(HasEnded).ShouldBe(1);
    }

    [Fact]
    public void UnknownTarget_IsRefused()
    {
        _mesh.Model.Telemetry.SetScraped("shop", "no-such", false).ShouldBeFalse();
        _mesh.Model.Telemetry.SetScraped("other", "front", false).ShouldBeFalse();
    }

    private static bool HasEnded(Series series) => StaleMarker.Is(series.Newest!.Value.Value);

    private List<Series> All(string name, params (string Name, string Value)[] labels)
    {
        var series = _mesh.Model.Samples.Select(
            [new LabelMatcher(LabelSet.MetricNameLabel, MatchKind.Equal, name), .. labels.Select(label => new LabelMatcher(label.Name, MatchKind.Equal, label.Value))], 0, long.MaxValue).ToList();
        series.ShouldNotBeEmpty();
        return series;
    }
}
