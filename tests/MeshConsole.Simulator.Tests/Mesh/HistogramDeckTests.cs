using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class HistogramDeckTests
{
    [Fact]
    public void Latencies_HaveTheMeanThatWasAskedFor()
    {
        var pool = new DeckPool();
        foreach (var mean in (double[])[3, 12, 80, 400])
        {
            // Truncation to whole milliseconds takes half of one; two percent are the pool's rounding and the cut tail.
            pool.Latency(new LatencyMix(mean, 0.5, 0, 0, 0, 0)).Mean.ShouldBe(mean - 0.5, (mean * 0.025) + 0.05);
        }
    }

    [Fact]
    public void Client_SeesTheServersLatencyAndTheOverhead()
    {
        var pool = new DeckPool();
        foreach (var mean in (double[])[3, 12, 80, 400])
        {
            var server = pool.Latency(new LatencyMix(mean, 0.5, 0, 0, 0, 0));
            var client = pool.Latency(new LatencyMix(mean, 0.5, 1.2, 0, 0, 0));
            (client.Mean - server.Mean).ShouldBe(1.2, 0.06);
        }
    }

    [Fact]
    public void Retries_AddTheirDelayToTheirShare()
    {
        var pool = new DeckPool();
        var plain = pool.Latency(new LatencyMix(20, 0.5, 1.2, 0, 0, 0));
        var retried = pool.Latency(new LatencyMix(20, 0.5, 1.2, 0.25, 100, 0));

        (retried.Mean - plain.Mean).ShouldBe(25, 0.6);
    }

    [Fact]
    public void Limit_IsNeverExceeded()
    {
        var deck = new DeckPool().Latency(new LatencyMix(900, 1.5, 0, 0, 0, 1_000));
        var columns = new long[HistogramDeck.Bounds.Length + 2];
        deck.AddTo(columns, HistogramDeck.Cards, 1);

        columns[Array.IndexOf(HistogramDeck.Bounds, 1_000)].ShouldBe(HistogramDeck.Cards);
    }

    [Fact]
    public void AnyRunOfRequests_IsAFairSample()
    {
        var deck = new DeckPool().Latency(new LatencyMix(50, 0.5, 0, 0, 0, 0));
        var half = Array.IndexOf(HistogramDeck.Bounds, 50);
        var whole = Read(deck, HistogramDeck.Cards)[half] / (double)HistogramDeck.Cards;
        for (var from = 0; from < 512; from += 7)
        {
            var share = (Read(deck, from + 64)[half] - Read(deck, from)[half]) / 64.0;
            share.ShouldBe(whole, 0.08);
        }

        static long[] Read(HistogramDeck deck, long requests)
        {
            var columns = new long[HistogramDeck.Bounds.Length + 2];
            deck.AddTo(columns, requests, 1);
            return columns;
        }
    }

    [Fact]
    public void Counter_UnderChangingLatencies_NeverShrinksAndAlwaysAddsUp()
    {
        // Steps of requests (in tenths) and a latency for each.
        var steps = Gen.Choose(0, 4_000).Zip(Gen.Choose(1, 900)).ListOf();

        Prop.ForAll(steps.ToArbitrary(), list =>
        {
            using var mesh = new OnePod();
            var pool = new DeckPool();
            var before = new long[HistogramDeck.Bounds.Length + 2];
            var expected = 0.0;
            foreach (var (tenths, mean) in list)
            {
                mesh.Counter.Pending += tenths / 10.0;
                expected += tenths / 10.0;
                mesh.Counter.Settle(pool.Latency(new LatencyMix(mean, 0.6, 0, 0, 0, 0)));
                var now = new long[before.Length];
                mesh.Counter.ReadLatency(now);
                now[^2].ShouldBe(mesh.Counter.Requests);
                mesh.Counter.Requests.ShouldBeInRange((long)(expected - 0.001), (long)(expected + 0.001));
                for (var i = 0; i < now.Length - 1; i++)
                {
                    var own = now[i] - (i == 0 ? 0 : now[i - 1]);
                    own.ShouldBeGreaterThanOrEqualTo(before[i] - (i == 0 ? 0 : before[i - 1]));
                }

                now[^1].ShouldBeGreaterThanOrEqualTo(before[^1]);
                before = now;
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>A counter of a flow that nobody else touches.</summary>
    private sealed class OnePod : IDisposable
    {
        private static readonly TinyMesh s_mesh = new();

        public PodCounter Counter { get; } = new(s_mesh.Model.Traffic.Flows.First(), s_mesh.Model.Observer.Workload(TinyMesh.Front).Pods[0]);

        public void Dispose()
        {
        }
    }
}
