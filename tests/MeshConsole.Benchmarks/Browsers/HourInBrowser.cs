using MeshConsole.Simulator;
using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>The topology left open for as many updates as an hour has, driven fast: its memory must be the same at the end as in the middle.</summary>
internal static class HourInBrowser
{
    /// <summary>An hour at the product's refresh of 15 s.</summary>
    private const int Updates = 240;

    /// <summary>What the first updates fill (caches, compiled code) is no growth.</summary>
    private const int WarmUp = 20;

    /// <summary>Two collections of the same page differ by this share.</summary>
    private const double Noise = 0.03;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    public static async Task ReportAsync(MeshSize size, CancellationToken cancellationToken)
    {
        await using var mesh = await MeasuredMesh.StartAsync(new SimulatorOptions { Size = size, ScrapeInterval = s_every, HistoryLength = TimeSpan.FromMinutes(2) }, cancellationToken);
        await using var console = await MeasuredConsole.StartAsync(mesh, cancellationToken, s_every);
        await using var chromium = await Chromium.StartAsync(renderers: 4);
        // All workloads: the most that the page can hold.
        var page = await chromium.NewPageAsync(TopologyInBrowser.Watcher);
        await page.GotoAsync(new Uri(console.Address, "topology?view=workload").ToString());
        await TopologyInBrowser.UntilAsync(page, "settled", cancellationToken);
        var devTools = await page.Context.NewCDPSessionAsync(page);
        await devTools.SendAsync("Performance.enable");
        var start = await AfterAsync(page, devTools, WarmUp, cancellationToken);
        var middle = await AfterAsync(page, devTools, Updates / 2, cancellationToken);
        var end = await AfterAsync(page, devTools, Updates / 2, cancellationToken);
        var grows = end.Heap > middle.Heap * (1 + Noise) || end.Nodes > middle.Nodes * (1 + Noise) || end.Listeners > middle.Listeners * (1 + Noise);
        Row.Write(
            $"memory of the topology's page over {Updates} updates, mesh {size}, workloads",
            $"{start.Heap / 1e6:F1} MB of heap after {WarmUp} updates, {middle.Heap / 1e6:F1} MB after {Updates / 2} more, {end.Heap / 1e6:F1} MB after {Updates} more; nodes of the document {start.Nodes}, {middle.Nodes}, {end.Nodes}; listeners {start.Listeners}, {middle.Listeners}, {end.Listeners}; {(grows ? "GROWS" : "does not grow")}",
            "does not grow");
    }

    /// <summary>What is in use once so many more updates were drawn and the rest was collected.</summary>
    private static async Task<(double Heap, double Nodes, double Listeners)> AfterAsync(IPage page, ICDPSession devTools, int updates, CancellationToken cancellationToken)
    {
        var until = await page.EvaluateAsync<int>("() => measured.revisions.length") + updates;
        while (await page.EvaluateAsync<int>("() => measured.revisions.length") < until)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }

        // What the first collection lets go of is gone after the second.
        await devTools.SendAsync("HeapProfiler.collectGarbage");
        await devTools.SendAsync("HeapProfiler.collectGarbage");
        var metrics = (await devTools.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .ToDictionary(metric => metric.GetProperty("name").GetString()!, metric => metric.GetProperty("value").GetDouble(), StringComparer.Ordinal);
        return (metrics["JSHeapUsedSize"], metrics["Nodes"], metrics["JSEventListeners"]);
    }
}
