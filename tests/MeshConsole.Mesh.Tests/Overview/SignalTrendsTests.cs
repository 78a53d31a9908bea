using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Tests.Overview;

public sealed class SignalTrendsTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_OneCluster_DrawsSharesAndKeepsGaps()
    {
        var trends = SignalTrends.Of([Span(Requests(9, 1), null, Requests(0, 0))], [], [Span(Protected(3, 1, 0), null, Protected(0, 0, 5))]);

        trends.SuccessRatio.Points.ShouldBe([0.9, null, null]);
        trends.RequestsPerSecond.Points.ShouldBe([10, null, 0]);
        trends.PlaintextRatio.Points.ShouldBe([0.25, null, null]);
        trends.P99Ms.IsKnown.ShouldBeFalse();
    }

    [Fact]
    public void Of_SeveralClusters_AddsThemBeforeItDividesAndMissesAnInstantThatOneMisses()
    {
        var trends = SignalTrends.Of([Span(Requests(9, 1), Requests(9, 1)), Span(Requests(90, 0), null)], [], []);

        trends.SuccessRatio.Points.ShouldBe([0.99, null]);
        trends.RequestsPerSecond.Points.ShouldBe([100, null]);
    }

    [Fact]
    public void Of_AClusterWithoutAnySuchTraffic_DoesNotBlankTheOthers() =>
        SignalTrends.Of([Span(Requests(9, 1)), Span((ReporterTraffic?)null)], [], []).RequestsPerSecond.Points.ShouldBe([10]);

    [Fact]
    public void Of_AClusterThatFailed_IsAGapAndSaidInWords()
    {
        var trend = SignalTrends.Of([Span(Requests(9, 1)), Span((ReporterTraffic?)null) with { Fault = "It is down." }], [], []).RequestsPerSecond;

        trend.Points.ShouldBe([null]);
        trend.Fault.ShouldBe("It is down.");
    }

    [Fact]
    public void Of_SpansAMinuteApart_AreLaidOverEachOther()
    {
        var later = Span(Requests(2, 0), Requests(3, 0)) with { Start = s_start.AddMinutes(1) };

        var trend = SignalTrends.Of([Span(Requests(10, 0), Requests(20, 0)), later], [], []).RequestsPerSecond;

        trend.Start.ShouldBe(s_start.AddMinutes(1));
        trend.Points.ShouldBe([22]);
    }

    private static TrafficSpan Span(params ReporterTraffic?[] points) => new(s_start, TimeSpan.FromMinutes(1), [.. points], null);

    private static ReporterTraffic Requests(double good, double bad) =>
        new() { Responses = [new ResponseRate(200, null, "-", good), new ResponseRate(503, null, "UF", bad)], RequestsPerSecond = good + bad };

    private static ReporterTraffic Protected(double mutual, double plaintext, double unknown) => new() { RequestSecurity = new SecuritySplit(mutual, plaintext, unknown) };
}
