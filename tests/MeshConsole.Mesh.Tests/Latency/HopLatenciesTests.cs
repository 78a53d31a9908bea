using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Latency;

public sealed class HopLatenciesTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Build_Payments_HasARowPerHopWithRequests()
    {
        var rows = HopLatencies.Build(Payments(), MeshQuery.All);

        rows.Select(row => (row.Source.Split('/')[3], row.Target.Split('/')[3], row.Protocol)).ShouldBe(
        [
            ("istio-ingressgateway", "payment-api", "http"),
            ("payment-api", "card-processor-v1", "http"),
            ("payment-api", "card-processor-v2", "http"),
            ("payment-api", "ledger", "grpc"),
            ("payment-api", "api.fraud.example.com", "http"),
            ("unknown", "ledger", "grpc"),
        ]);
        var v1 = rows[1];
        v1.RequestsPerSecond.ShouldBe(90);
        v1.Server!.Mean!.Value.ShouldBe(10, 1e-9);
        v1.Client!.Mean!.Value.ShouldBe(11.2, 1e-9);
        v1.Overhead.MeanMs!.Value.ShouldBe(1.2, 1e-9);
        v1.Overhead.Reliable.ShouldBeTrue();
        v1.Overhead.Reason.ShouldBeNull();
        v1.Overhead.CountRatio.ShouldBe(1);

        // p99 is the 9th tenth of the last tenth: 25 + 75 × 0.9 in the bucket 25..100.
        v1.Server.P99!.Value.ShouldBe(92.5, 1e-9);
        v1.ResolutionMs.ShouldBe(75);
        v1.HistogramAt.ShouldBe(Now);
        rows[3].ResolutionMs.ShouldBeNull();
        rows[3].HistogramAt.ShouldBeNull();
    }

    [Fact]
    public void Build_Namespace_KeepsRowsWithEitherEndInside() =>
        HopLatencies.Build(Payments(), MeshQuery.For(null, ["istio-system"])).ShouldHaveSingleItem().Target.ShouldBe("main/payments/workload/payment-api");

    [Fact]
    public void Build_QuantileAboveTheHighestBound_HasNoResolution()
    {
        var slow = Requests(10, 5000, durations: Histogram((1000, 0), (double.PositiveInfinity, 10)));
        var row = HopLatencies.Build(Snapshot(Objects(), Edge(Peer("a", "a"), Peer("b", "b"), fromSource: slow)), MeshQuery.All).ShouldHaveSingleItem();

        row.Client!.P99.ShouldBe(1000);
        row.ResolutionMs.ShouldBeNull();
    }

    [Theory]
    [InlineData(100, 100, 1.2, true, 1.0, null)]
    [InlineData(100, 102, 1.2, true, 1.02, null)]
    [InlineData(100, 102.1, 1.2, false, 1.021, "1.021 requests for each")]
    [InlineData(100, 98, 1.2, true, 0.98, null)]
    [InlineData(100, 97, 1.2, false, 0.97, "never arrived")]
    [InlineData(1.6, 1.6, 1.2, false, 1.0, "Only 96 requests")]
    [InlineData(100, 100, -0.4, false, 1.0, "negative")]
    public void Of_BothEnds_IsReliableOnlyWhenTheyCountedAlike(double sent, double seen, double overhead, bool reliable, double ratio, string? words)
    {
        var result = HopOverheads.Of(Requests(sent, 10 + overhead), Requests(seen, 10), false, s_minute);

        result.MeanMs!.Value.ShouldBe(overhead, 1e-9);
        result.Reliable.ShouldBe(reliable);
        result.CountRatio!.Value.ShouldBe(ratio, 1e-9);
        if (words is null)
        {
            result.Reason.ShouldBeNull();
        }
        else
        {
            result.Reason!.ShouldContain(words);
        }
    }

    [Fact]
    public void Of_ExactlyAHundredRequests_IsEnough() =>
        HopOverheads.Of(Requests(100 / 60.0, 11), Requests(100 / 60.0, 10), false, s_minute).Reliable.ShouldBeTrue();

    [Fact]
    public void Of_FlaggedRequests_AreLeftOut()
    {
        // 5/s never found a host and ended after 0 ms: with them the caller's mean would be lower than the callee's.
        var source = new ReporterTraffic { DurationSum = 1120, DurationCount = 105, CleanDurationSum = 1120, CleanDurationCount = 100 };
        var destination = new ReporterTraffic { DurationSum = 1000, DurationCount = 100, CleanDurationSum = 1000, CleanDurationCount = 100 };

        var result = HopOverheads.Of(source, destination, false, s_minute);

        result.MeanMs!.Value.ShouldBe(1.2, 1e-9);
        result.Reliable.ShouldBeTrue();
    }

    [Fact]
    public void Of_MissingParts_SaysWhich()
    {
        var known = Requests(100, 10);
        HopOverheads.Of(null, known, false, s_minute).Reason.ShouldBe("The caller has no proxy that reports.");
        HopOverheads.Of(null, known, true, s_minute).Reason.ShouldBe("Only the waypoint on the way measures.");
        HopOverheads.Of(known, null, false, s_minute).Reason.ShouldBe("The callee has no proxy that reports.");
        HopOverheads.Of(known, Requests(100), false, s_minute).Reason.ShouldBe("The durations of both ends are not known.");
        HopOverheads.Of(Requests(0, 1), Requests(0, 1), false, s_minute).Reason.ShouldBe("No requests in the window.");
        HopOverheads.Of(known, Requests(0, 1), false, s_minute).Reason.ShouldBe("No request of the caller reached the callee's proxy.");
    }
}
