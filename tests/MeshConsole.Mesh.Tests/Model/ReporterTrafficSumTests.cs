using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Tests.Model;

public sealed class ReporterTrafficSumTests
{
    [Fact]
    public void Sum_Nothing_IsNull()
    {
        ReporterTrafficSum.Of([]).ShouldBeNull();
        ReporterTrafficSum.Of([null, null]).ShouldBeNull();
    }

    [Fact]
    public void Sum_OnePart_IsThatPart()
    {
        var part = new ReporterTraffic { RequestsPerSecond = 4 };
        ReporterTrafficSum.Of([null, part]).ShouldBeSameAs(part);
    }

    [Fact]
    public void Sum_TwoParts_AddsEachNumberAndKeepsUnknown()
    {
        var early = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        var sum = ReporterTrafficSum.Of(
        [
            new ReporterTraffic
            {
                Responses = [new(503, null, "UF", 1), new(200, null, "-", 9)],
                RequestsPerSecond = 10,
                RequestSecurity = new(8, 1, 1),
                DurationSum = 100,
                DurationCount = 10,
                Durations = new([10, double.PositiveInfinity], [4, 10]),
                HistogramAt = early.AddMinutes(1),
            },
            new ReporterTraffic
            {
                Responses = [new(200, null, "-", 5), new(200, 0, "-", 2)],
                RequestsPerSecond = 7,
                RequestSecurity = new(7, 0, 0),
                DurationSum = 14,
                DurationCount = 7,
                SentBytesPerSecond = 3,
                Durations = new([10, double.PositiveInfinity], [7, 7]),
                HistogramAt = early,
            },
        ]).ShouldNotBeNull();

        sum.Responses.ShouldBe([new(200, null, "-", 14), new(200, 0, "-", 2), new(503, null, "UF", 1)]);
        sum.RequestsPerSecond.ShouldBe(17);
        sum.RequestSecurity.ShouldBe(new SecuritySplit(15, 1, 1));
        sum.DurationSum.ShouldBe(114);
        sum.DurationCount.ShouldBe(17);
        sum.SentBytesPerSecond.ShouldBe(3);
        sum.ReceivedBytesPerSecond.ShouldBeNull();
        sum.CleanDurationSum.ShouldBeNull();
        sum.Durations!.Cumulative.ShouldBe([11, 17]);
        sum.HistogramAt.ShouldBe(early);
    }

    [Fact]
    public void CallerView_PrefersSourceThenWaypointThenCallee()
    {
        var source = new ReporterTraffic { RequestsPerSecond = 3 };
        var waypoint = new ReporterTraffic { RequestsPerSecond = 2 };
        var callee = new ReporterTraffic { RequestsPerSecond = 1 };
        var peer = new Peer(new WorkloadId("c", "n", "w"), null, null);
        var edge = new Edge { Source = peer, Target = peer, ServiceHost = "h", ServiceNamespace = "n", Protocol = "http", FromSource = source, FromWaypoint = waypoint, FromDestination = callee };

        edge.CallerView.ShouldBeSameAs(source);
        (edge with { FromSource = null }).CallerView.ShouldBeSameAs(waypoint);
        (edge with { FromSource = null, FromWaypoint = null }).CallerView.ShouldBeSameAs(callee);
        (edge with { FromSource = null, FromWaypoint = null, FromDestination = null }).CallerView.ShouldBeNull();
    }
}
