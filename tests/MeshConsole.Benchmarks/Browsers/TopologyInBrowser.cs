using System.Globalization;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>The topology in Chromium: how long until it stands, what an update costs the page's main thread, and whether nodes keep their places.</summary>
internal static class TopologyInBrowser
{
    private const int Updates = 4;

    /// <summary>
    /// Runs before the page's own scripts. It keeps times since the navigation: of the first drawing, of the finished layout,
    /// of each revision, of tasks of the main thread over 50 ms (as the browser itself reports them), and the words on progress.
    /// </summary>
    private const string Watcher =
        """
        window.measured = { drawn: null, settled: null, revisions: [], tasks: [], said: [] };
        new PerformanceObserver(list => { for (const task of list.getEntries()) measured.tasks.push([task.startTime, task.duration]); }).observe({ type: 'longtask', buffered: true });
        addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
          const graph = document.querySelector('.graph');
          if (!graph) return;
          const now = performance.now();
          const { revision, laidOutIn, arranging } = graph.dataset;
          const status = graph.querySelector('.graph-status:not([hidden])')?.textContent;
          if (status && measured.said.at(-1)?.[1] !== status) measured.said.push([now, status]);
          if (laidOutIn && arranging === undefined && measured.drawn === null) measured.drawn = now;
          if (revision && measured.revisions.at(-1)?.[1] !== revision) measured.revisions.push([now, revision]);
          if (revision && laidOutIn && measured.settled === null) measured.settled = now;
        }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-revision', 'data-laid-out-in', 'data-arranging', 'hidden'] }));
        """;

    /// <summary>Where the nodes are, as the canvas itself has them.</summary>
    private const string Places =
        """
        () => JSON.stringify(document.querySelector('.graph-surface')._cyreg.cy.nodes().map(node => [node.id(), node.position().x, node.position().y]).sort())
        """;

    private const string Size =
        """
        () => { const cy = document.querySelector('.graph-surface')._cyreg.cy; return [cy.nodes().length, cy.edges().length]; }
        """;

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        await using var console = await MeasuredConsole.StartAsync(mesh, cancellationToken);
        await using var chromium = await Chromium.StartAsync(renderers: 4);

        // Files from disk and the code of the page's circuit are warm as on any console that is in use.
        await MeasureAsync(chromium, console, "", report: false, cancellationToken);
        await MeasureAsync(chromium, console, "", report: true, cancellationToken);
        await MeasureAsync(chromium, console, "?view=service", report: true, cancellationToken);
        await MeasureAsync(chromium, console, "?view=workload", report: true, cancellationToken);
    }

    private static async Task MeasureAsync(Chromium chromium, MeasuredConsole console, string query, bool report, CancellationToken cancellationToken)
    {
        var page = await chromium.NewPageAsync(Watcher);
        await page.GotoAsync(new Uri(console.Address, "topology" + query).ToString());
        var opened = await UntilAsync(page, "drawn", cancellationToken);
        await UntilAsync(page, "settled", cancellationToken);
        if (report)
        {
            var what = query.Length == 0 ? "as it opens" : query["?view=".Length..] + "s";
            var size = await page.EvaluateAsync<int[]>(Size);
            var layout = await page.Locator(".graph").GetAttributeAsync("data-laid-out-in");
            var tasks = await TasksAsync(page);
            var said = await page.EvaluateAsync<string[]>("() => measured.said.map(([, text]) => text).filter(text => text.startsWith('Laying'))");
            Row.Write(
                $"topology in Chromium, {what}: {size[0]:N0} nodes, {size[1]:N0} edges",
                $"stands {opened / 1000:F1} s after the address was opened; layout in the worker {int.Parse(layout!, CultureInfo.InvariantCulture) / 1000.0:F1} s; longest task of the main thread meanwhile {tasks.Select(task => task.Duration).DefaultIfEmpty(0).Max():F0} ms; said about progress: {(said.Length == 0 ? "nothing, it was over within a second" : $"{said.Length} times, “{said[0]}” … “{said[^1]}”")}",
                query.Length == 0 ? "≤ 2 s" : "layout ≤ 10 s");
            await MeasureUpdatesAsync(page, what, cancellationToken);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(RepositoryPaths.Evidence, $"topology-{(query.Length == 0 ? "opening" : query["?view=".Length..])}.png") });
        }

        await page.Context.CloseAsync();
    }

    private static async Task MeasureUpdatesAsync(IPage page, string what, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancellationToken);
        var places = await page.EvaluateAsync<string>(Places);
        var from = await page.EvaluateAsync<double>("() => performance.now()");
        var devTools = await page.Context.NewCDPSessionAsync(page);
        // In processor time of the thread: what else runs on the machine does not count.
        await devTools.SendAsync("Performance.enable", new Dictionary<string, object>(StringComparer.Ordinal) { ["timeDomain"] = "threadTicks" });
        var busyBefore = await BusyAsync(devTools);
        var seen = 0;
        while (seen < Updates)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancellationToken);
            seen = await page.EvaluateAsync<int>($"() => measured.revisions.filter(([at]) => at > {from.ToString(CultureInfo.InvariantCulture)}).length");
        }

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var busy = await BusyAsync(devTools) - busyBefore;
        var until = await page.EvaluateAsync<double>("() => performance.now()");
        var revisions = await page.EvaluateAsync<double[]>($"() => measured.revisions.map(([at]) => at).filter(at => at > {from.ToString(CultureInfo.InvariantCulture)})");
        var tasks = (await TasksAsync(page)).Where(task => task.Start > from).ToArray();
        // Tasks around a revision belong to it: the message is read before, the drawing comes after.
        var perUpdate = revisions.Select(at => tasks.Where(task => task.Start > at - 2_000 && task.Start < at + 2_000).Sum(task => task.Duration)).ToArray();
        var still = string.Equals(places, await page.EvaluateAsync<string>(Places), StringComparison.Ordinal);
        Row.Write(
            $"update of the topology in Chromium, {what}",
            $"longest task of the main thread {tasks.Select(task => task.Duration).DefaultIfEmpty(0).Max():F0} ms; tasks over 50 ms together, per update: median {Row.Median(perUpdate):F0} ms, most {perUpdate.Max():F0} ms; all work of the main thread {busy * 1000 / revisions.Length:F0} ms of processor time per update ({revisions.Length} updates in {(until - from) / 1000:F0} s); {(still ? "no node moved" : "NODES MOVED")}",
            "≤ 100 ms, no node moves");
    }

    private static async Task<double> UntilAsync(IPage page, string what, CancellationToken cancellationToken)
    {
        for (var i = 0; i < 1_200; i++)
        {
            if (await page.EvaluateAsync<double?>($"() => measured.{what}") is { } at)
            {
                return at;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        throw new TimeoutException($"The topology was not {what} within two minutes: {await page.EvaluateAsync<string>("() => document.body.innerText.slice(0, 600)")}");
    }

    private static async Task<(double Start, double Duration)[]> TasksAsync(IPage page) =>
        [.. (await page.EvaluateAsync<double[][]>("() => measured.tasks")).Select(task => (task[0], task[1]))];

    /// <summary>Processor seconds of the main thread since the page was opened, in tasks of any length.</summary>
    private static async Task<double> BusyAsync(ICDPSession devTools)
    {
        var metrics = (await devTools.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics.EnumerateArray().First(metric => metric.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();
    }
}
