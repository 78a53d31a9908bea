using System.Globalization;
using System.Text.Json;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeshConsole.System.Tests;

/// <summary>
/// Staleness cannot be loaded from a file: it is what Prometheus itself writes when a series is missing from a scrape. So a target
/// is scraped that drops series and takes them up again, its samples are read back, and the store gets the same with a marker
/// wherever a scrape lacks what the one before had.
/// </summary>
public sealed class PromQlStalenessTests
{
    private const int Scrapes = 16;

    private static readonly string[] s_queries =
    [
        "steady", "coming", "{__name__=~\"steady|coming\"}", "count(coming)", "sum(coming) by (phase)", "coming offset 2s", "rate(coming[10s])", "count_over_time(coming[20s])",
        "absent(coming{phase=\"0\"})", "timestamp(coming)", "coming + on() group_left steady", "last_over_time(coming[30s])", "max_over_time(count(coming)[12s:1s])", "changes(coming[1m])",
    ];

    [SkippableFact]
    public async Task SeriesThatEndAndComeBack_AtEveryMoment_AreSeenAsPrometheusSeesThem()
    {
        Requires.Prometheus();
        var (target, address) = await TargetAsync();
        await using var served = target;
        await using var real = await RealPrometheus.StartAsync(RealPrometheus.Job("target", address, TimeSpan.FromSeconds(1)));
        await Eventually.BecomesAsync(
            "number of scrapes",
            TimeSpan.FromSeconds(90),
            async token => (await real.QueryAsync("count_over_time(up[5m])", cancellationToken: token)).Select(sample => sample.Value).FirstOrDefault(),
            count => count >= Scrapes);
        var now = TimeProvider.System.GetUtcNow();
        var series = await real.RawAsync("{job=\"target\"}[5m]", now);
        var scrapes = series.Single(one => one["__name__"] == "up").Samples.Select(sample => sample.Milliseconds).Take(Scrapes).ToList();
        series.Any(one => one["__name__"] == "coming").ShouldBeTrue();

        var (application, simulated) = await PromQlComparison.ServeAsync(Store(series, scrapes));
        await using (application)
        using (var client = new HttpClient())
        {
            var differences = new List<string>();
            foreach (var query in s_queries)
            {
                // At each scrape, and just before and in the middle of the way to the next one.
                foreach (var moment in scrapes.SkipLast(1).SelectMany(ms => new[] { ms - 1, ms, ms + 500 }))
                {
                    var parameters = $"query={Uri.EscapeDataString(query)}&time={(moment / 1000.0).ToString("0.000", CultureInfo.InvariantCulture)}";
                    using var expected = await AskAsync(client, new Uri(real.Address, "api/v1/query?" + parameters));
                    using var actual = await AskAsync(client, new Uri(simulated, "api/v1/query?" + parameters));
                    if (PromQlComparison.Difference(200, expected.RootElement, 200, actual.RootElement, ordered: false) is { } difference)
                    {
                        differences.Add($"{query} at {moment - scrapes[0]} ms: {difference}");
                    }
                }
            }

            if (differences.Count > 0)
            {
                Assert.Fail($"{differences.Count} answers differ:\n{string.Join('\n', differences.Take(30))}");
            }
        }
    }

    private static SampleStore Store(IReadOnlyList<PrometheusSeries> series, List<long> scrapes)
    {
        var store = new SampleStore();
        foreach (var one in series)
        {
            var samples = one.Samples.ToDictionary(sample => sample.Milliseconds, sample => sample.Value);
            var target = store.GetOrAdd(LabelSet.From(one.Labels));
            foreach (var scrape in scrapes)
            {
                if (samples.TryGetValue(scrape, out var value))
                {
                    store.Append(target, scrape, value);
                }
                else
                {
                    store.MarkStale(target, scrape);
                }
            }
        }

        return store;
    }

    /// <summary>One series always, and one of three by turns, a few scrapes each.</summary>
    private static async Task<(WebApplication Application, Uri Address)> TargetAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var scrape = 0;
        application.MapGet("/metrics", () =>
        {
            var n = Interlocked.Increment(ref scrape);
            return Results.Text(string.Create(CultureInfo.InvariantCulture, $"steady {n}\ncoming{{phase=\"{n / 3 % 3}\"}} {n * 10}\n"), "text/plain; version=0.0.4");
        });
        await application.StartAsync();
        return (application, new Uri(new Uri(application.Urls.First()), "metrics"));
    }

    private static async Task<JsonDocument> AskAsync(HttpClient client, Uri uri)
    {
        await using var body = await client.GetStreamAsync(uri);
        return await JsonDocument.ParseAsync(body);
    }
}
