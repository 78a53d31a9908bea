using System.Globalization;
using System.Text;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.System.Tests.Rig;

public sealed class RealPrometheusTests
{
    [SkippableFact]
    public async Task Prometheus_ScrapingAnEndpoint_AnswersWithWhatItExposes()
    {
        Requires.Prometheus();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var endpoint = builder.Build();
        endpoint.MapGet("/metrics", () => Results.Text("# TYPE requests_total counter\nrequests_total{code=\"200\",path=\"a\\\"b\\\\c\\nd\"} 42\n", "text/plain; version=0.0.4"));
        await endpoint.StartAsync();
        var address = endpoint.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        await using var prometheus = await RealPrometheus.StartAsync(RealPrometheus.Job("tiny", new Uri(new Uri(address), "metrics"), TimeSpan.FromMilliseconds(500)));
        var seen = await Eventually.BecomesAsync(
            "the counter was scraped",
            TimeSpan.FromSeconds(15),
            token => prometheus.QueryAsync("requests_total", cancellationToken: token),
            samples => samples.Count == 1);

        seen[0].Value.ShouldBe(42);
        seen[0]["path"].ShouldBe("a\"b\\c\nd");

        await prometheus.KillAsync();
        await Should.ThrowAsync<HttpRequestException>(() => prometheus.QueryAsync("up"));
        await prometheus.StartAgainAsync();
        (await prometheus.QueryAsync("max_over_time(requests_total[1m])")).ShouldHaveSingleItem().Value.ShouldBe(42);
    }

    [SkippableFact]
    public async Task Prometheus_WithLoadedSamples_RatesThemAsByHand()
    {
        Requires.Prometheus();
        var start = DateTimeOffset.FromUnixTimeSeconds(1_750_000_200);
        var text = new StringBuilder("# TYPE requests counter\n");
        for (var step = 0; step <= 20; step++)
        {
            text.Append(CultureInfo.InvariantCulture, $"requests_total{{code=\"200\"}} {step * 45} {start.AddSeconds(step * 15).ToUnixTimeSeconds()}\n");
        }

        text.Append("# EOF\n");
        await using var prometheus = await RealPrometheus.StartAsync(openMetrics: text.ToString());

        var rate = await prometheus.QueryAsync("rate(requests_total[1m])", start.AddSeconds(300));
        rate.ShouldHaveSingleItem().Value.ShouldBe(3, 1e-9);
        (await prometheus.QueryAsync("requests_total", start.AddSeconds(-1))).ShouldBeEmpty();
    }
}
