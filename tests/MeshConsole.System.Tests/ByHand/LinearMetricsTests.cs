using System.Globalization;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.ByHand;

/// <summary>The measuring stick itself: what tests work out by hand is what a real Prometheus says.</summary>
public sealed class LinearMetricsTests
{
    [SkippableFact]
    public async Task Rates_OfRawSamples_EqualPrometheusAndTheStatedGrowth()
    {
        Requires.Prometheus();
        await using var metrics = new LinearMetrics();
        metrics.Counter("requests_total", "code=\"200\"", 7.25);
        metrics.Counter("requests_total", "code=\"503\"", 0.5);
        metrics.Histogram("duration", "path=\"/\"", [10, 100], [3, 4, 0.75], 512);
        await metrics.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(
            metrics.ScrapeConfig,
            metrics.History(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1)));
        await Eventually.BecomesAsync(
            "the endpoint was scraped",
            TimeSpan.FromSeconds(15),
            token => prometheus.QueryAsync("up == 1", cancellationToken: token),
            samples => samples.Count == 1);

        var now = TimeProvider.System.GetUtcNow();
        foreach (var window in new[] { TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2) })
        {
            var seconds = window.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            var raw = await prometheus.RawAsync($"requests_total[{seconds}s]", now);
            var byHand = CounterRate.SumBy(raw, now, window, "code");
            var asked = await prometheus.QueryAsync($"sum by (code) (rate(requests_total[{seconds}s]))", now);

            asked.Count.ShouldBe(2);
            foreach (var sample in asked)
            {
                byHand[sample["code"]].ShouldBe(sample.Value, sample.Value * 1e-9);
            }

            byHand["200"].ShouldBe(7.25, 1e-6);
            byHand["503"].ShouldBe(0.5, 1e-6);
        }

        // 7.75/s in buckets of 3, 4 and 0.75: half of them is 3.875/s, 0.875 into the bucket of 4 that spans 10 to 100.
        var median = await prometheus.QueryAsync("histogram_quantile(0.5, rate(duration_bucket[1m]))", now);
        median.ShouldHaveSingleItem().Value.ShouldBe(10 + (90 * 0.875 / 4), 1e-4);

        var logged = await prometheus.LoggedQueriesAsync();
        logged.ShouldContain(query => query.Query == "histogram_quantile(0.5, rate(duration_bucket[1m]))" && query.Start == query.End);
    }
}
