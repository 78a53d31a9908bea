using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// A canary that somebody else moves: the simulated mesh runs as a process of its own, another client patches its route, and the
/// simulated traffic follows the new weights. The browser shows the weights at once and the traffic as soon as it is measured.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class ShiftedTrafficTests
{
    private const string Requests = "prometheus/requests";

    /// <summary>Two scrapes of the simulated Prometheus. As long as a refresh, so that the second refresh after a change sees nothing of before.</summary>
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(10);

    [SkippableFact]
    public async Task WeightsPatchedByAnotherClient_AreShown_AndTheObservedRatesWithinTwoRefreshes()
    {
        Requires.Chromium();
        await using var simulator = await SimulatorProcess.StartAsync();
        var settings = HandMeshRig.Settings(simulator.KubeconfigFile, simulator.PrometheusAddress, s_refresh);
        settings["Telemetry:RateWindow"] = s_refresh.ToString();
        await using var console = await ConsoleProcess.StartAsync(settings);
        await console.UntilReadyAsync();

        await using var browser = await Browser.StartAsync();
        await using var trafficPage = await browser.NewPageAsync(console.Address);
        await using var topologyPage = await browser.NewPageAsync(console.Address);
        await trafficPage.CheckAsync("shift-traffic", async traffic => await topologyPage.CheckAsync("shift-topology", async topology =>
        {
            await traffic.GotoAsync("traffic?q=card-processor");
            await topology.GotoAsync("topology?namespace=payments&view=workload&show=edges&q=card-processor");
            await traffic.Locator(".split[aria-label*='v1-stable: set 90']").First.WaitForAsync();
            // What the share of v1 is with nine tenths, from five minutes of counters: a window of seconds tells it only roughly.
            var usual = await UsualShareAsync(simulator);
            usual.ShouldBeInRange(0.7, 0.9);
            var before = await RatesAsync(topology);
            Near(before.ShareOfStable, usual).ShouldBeTrue($"{before} is {before.ShareOfStable:P1}, not {usual:P1}");

            var refresh = await LastRefreshAsync(console);
            await simulator.Kubernetes.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 50));
            await traffic.Locator(".split[aria-label*='v1-stable: set 50']").First.WaitForAsync(new LocatorWaitForOptions { Timeout = 5_000 });

            // Enterprise merchants go to v2 by another rule, whatever the weights: v1 had nine tenths of the others and has half.
            var expected = usual * 5 / 9;
            var refreshes = 0;
            var shown = before;
            var live = await LiveShareAsync(traffic);
            await Eventually.BecomesAsync(
                "the observed rates follow the weights",
                3 * s_refresh,
                async token =>
                {
                    shown = await RatesAsync(topology);
                    live = await LiveShareAsync(traffic);

                    // Read after the pages, so that a page is never given a refresh less than it had.
                    var last = await LastRefreshAsync(console, token);
                    if (last != refresh)
                    {
                        (refresh, refreshes) = (last, refreshes + 1);
                    }

                    return $"after {refreshes} refreshes {shown}, {shown.ShareOfStable:P1} of it to v1; live {live:P1}; expected {expected:P1}";
                },
                _ => (Near(shown.ShareOfStable, expected) && Near(live, expected)) || refreshes > 2);

            var said = $"{refreshes} refreshes: {before} became {shown}, share of v1 {before.ShareOfStable:P1} became {shown.ShareOfStable:P1}, live {live:P1}; usual {usual:P1}, expected {expected:P1}";
            refreshes.ShouldBeInRange(1, 2, said);
            Near(shown.ShareOfStable, expected).ShouldBeTrue(said);
            Near(live, expected).ShouldBeTrue(said);
            shown.ToNew.ShouldBeGreaterThan(before.ToNew * 1.5, said);
            topologyPage.Errors.ShouldBeEmpty();
            trafficPage.Errors.ShouldBeEmpty();
        }));
    }

    /// <summary>
    /// The share of the some hundred requests between two scrapes varies by chance, with a standard deviation of four points.
    /// This is more than three of them, and less than half of what the change of weights makes.
    /// </summary>
    private static bool Near(double share, double expected) => Math.Abs(share - expected) < 0.15;

    private static async Task<double> UsualShareAsync(SimulatorProcess simulator)
    {
        using var http = new HttpClient { BaseAddress = simulator.PrometheusAddress };
        const string query = """sum by (destination_workload) (increase(istio_requests_total{reporter="source",source_workload="payment-api",destination_workload=~"card-processor-v[12]"}[5m]))""";
        using var answer = await http.GetAsync(new Uri($"api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
        var versions = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!["result"]!.AsArray()
            .ToDictionary(series => series!["metric"]!["destination_workload"]!.GetValue<string>(), series => double.Parse(series!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return versions["card-processor-v1"] / versions.Values.Sum();
    }

    /// <summary>What the payment API sends to each version, as the table of edges shows it.</summary>
    private static async Task<Rates> RatesAsync(IPage topology) =>
        new(await RateAsync(topology, "card-processor-v1"), await RateAsync(topology, "card-processor-v2"));

    private static async Task<double> RateAsync(IPage topology, string callee)
    {
        var row = topology.Locator("main tbody tr").Filter(new LocatorFilterOptions { HasText = "payment-api" }).Filter(new LocatorFilterOptions { HasText = callee });
        return Number(await row.Locator("[data-label='Rate']").InnerTextAsync(), RateText());
    }

    /// <summary>Share of v1 that the bar of the divided rule calls live.</summary>
    private static async Task<double> LiveShareAsync(IPage traffic) =>
        Number(await traffic.Locator(".split[aria-label*='v1-stable']").First.GetAttributeAsync("aria-label") ?? "", LiveText()) / 100;

    private static double Number(string text, Regex form) => form.Match(text) is { Success: true } found
        ? double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new FormatException($"'{text}' is not of the form {form}.");

    private static async Task<DateTimeOffset> LastRefreshAsync(ConsoleProcess console, CancellationToken cancellationToken = default) =>
        (await console.GetJsonAsync("api/v1/status", cancellationToken))["clusters"]![0]!["sources"]!.AsArray()
            .Single(source => source!["name"]!.GetValue<string>() == Requests)!["lastSuccess"]!.GetValue<DateTimeOffset>();

    [GeneratedRegex(@"^([0-9.]+)\s/s", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex RateText();

    [GeneratedRegex(@"v1-stable: set [^,]+, live ([0-9.]+)\s%", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex LiveText();

    private sealed record Rates(double ToStable, double ToNew)
    {
        public double ShareOfStable => ToStable / (ToStable + ToNew);
    }
}
