using MeshConsole.Simulator.Prometheus;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.System.Tests;

/// <summary>What the simulator exposes is what a real Prometheus reads.</summary>
public sealed class PromQlExpositionTests
{
    [SkippableFact]
    public async Task Families_ScrapedByPrometheus_ArriveWithEveryLabelAndValue()
    {
        Requires.Prometheus();
        var store = new PromQlSamples().ToStore();
        store.Describe("latency", new MetricMetadata("histogram", "How long it took,\nwith a \"quote\" and a \\."));
        store.Describe("requests_total", new MetricMetadata("counter", "Requests."));
        var sinceMs = (PromQlSamples.EndSeconds - 600) * 1000;
        var families = ExpositionWriter.Families(store, sinceMs).ToList();
        var exposed = families.SelectMany(family => family.Samples).ToDictionary(sample => sample.Labels.ToString(), sample => sample.Value, StringComparer.Ordinal);
        exposed.Count.ShouldBeGreaterThan(300);

        await using var application = Application(families);
        await application.StartAsync();
        var address = new Uri(new Uri(application.Urls.First()), "metrics");

        var job = RealPrometheus.Job("exposition", address, TimeSpan.FromSeconds(1));
        await using var real = await RealPrometheus.StartAsync(job);
        var scraped = await Eventually.BecomesAsync(
            "scraped series",
            TimeSpan.FromSeconds(60),
            token => real.QueryAsync("{__name__!=\"\",__name__!~\"up|scrape_.*\"}", cancellationToken: token),
            samples => samples.Count > 0);

        var arrived = scraped.ToDictionary(
            sample => LabelSet.From(sample.Labels.Where(label => Exposed(label, address))).ToString(), sample => sample.Value, StringComparer.Ordinal);
        foreach (var (labels, value) in exposed.Where(pair => !pair.Key.StartsWith("up{", StringComparison.Ordinal)))
        {
            arrived.ShouldContainKey(labels);
            arrived[labels].Equals(value).ShouldBeTrue($"{labels}: {value} was exposed, {arrived[labels]} arrived");
        }

        var metadata = await real.Http.GetStringAsync(new Uri("api/v1/metadata?metric=latency", UriKind.Relative), CancellationToken.None);
        metadata.ShouldContain("""{"type":"histogram","help":"How long it took,\nwith a \"quote\" and a \\.","unit":""}""");
    }

    /// <summary>Prometheus adds job and instance where a target has none.</summary>
    private static bool Exposed(KeyValuePair<string, string> label, Uri target) =>
        (label.Key, label.Value) != ("job", "exposition") && (label.Key, label.Value) != ("instance", target.Authority);

    private static WebApplication Application(IReadOnlyList<MetricFamily> families)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.MapGet("/metrics", async context =>
        {
            context.Response.ContentType = ExpositionWriter.ContentType;
            await ExpositionWriter.WriteAsync(context.Response.BodyWriter, families, context.RequestAborted);
        });
        return application;
    }
}
