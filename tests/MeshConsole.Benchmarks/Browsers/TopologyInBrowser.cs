using System.Globalization;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>The topology in Chromium: how long until it stands, what an update costs the page's main thread, and whether nodes keep their places.</summary>
internal static class TopologyInBrowser
{
    private const int Updates = 4;
    private const int PanSteps = 60;
    private const int ZoomSteps = 10;

    /// <summary>
    /// Runs before the page's own scripts. It keeps times since the navigation: of the finished layout, of the lines that belong
    /// to it, of the first revision that is whole, of each revision, and the words on progress.
    /// </summary>
    public const string Watcher =
        """
        window.measured = { drawn: null, lined: null, settled: null, revisions: [], said: [] };
        addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
          const graph = document.querySelector('.graph');
          if (!graph) return;
          const now = performance.now();
          const { revision, laidOutIn, arranging } = graph.dataset;
          const status = graph.querySelector('.graph-status:not([hidden])')?.textContent;
          if (status && measured.said.at(-1)?.[1] !== status) measured.said.push([now, status]);
          if (laidOutIn && arranging === undefined && measured.drawn === null) measured.drawn = now;
          if (measured.drawn !== null && measured.lined === null && graph.querySelector('.graph-lines')?.style.transform) measured.lined = now;
          if (revision && measured.revisions.at(-1)?.[1] !== revision) measured.revisions.push([now, revision]);
          if (revision && laidOutIn && measured.settled === null) measured.settled = now;
        }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-revision', 'data-laid-out-in', 'data-arranging', 'hidden', 'style'] }));
        """;

    /// <summary>Where the nodes are, as the canvas itself has them.</summary>
    private const string Places =
        """
        () => JSON.stringify(document.querySelector('.graph-surface')._cyreg.cy.nodes().map(node => [node.id(), node.position().x, node.position().y]).sort())
        """;

    private const string Size =
        """
        () => document.querySelector('.graph-surface').ariaLabel.match(/\d+/g).map(Number)
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
        var thread = await MainThread.WatchAsync(page);
        await page.GotoAsync(new Uri(console.Address, "topology" + query).ToString());
        var opened = await UntilAsync(page, "drawn", cancellationToken);
        var lined = await UntilAsync(page, "lined", cancellationToken);
        await UntilAsync(page, "settled", cancellationToken);
        if (report)
        {
            var what = query.Length == 0 ? "as it opens" : query["?view=".Length..] + "s";
            var size = await page.EvaluateAsync<int[]>(Size);
            var layout = await page.Locator(".graph").GetAttributeAsync("data-laid-out-in");
            var work = await thread.StopAsync(cancellationToken);
            var said = await page.EvaluateAsync<string[]>("() => measured.said.map(([, text]) => text).filter(text => text.startsWith('Laying'))");
            Row.Write(
                $"topology in Chromium, {what}: {size[0]:N0} nodes, {size[1]:N0} edges",
                $"stands {opened / 1000:F1} s after the address was opened, with all lines after {lined / 1000:F1} s; layout, with what is drawn beside it, {int.Parse(layout!, CultureInfo.InvariantCulture) / 1000.0:F1} s; the main thread works {work.Total:F0} ms, its longest task {work.Longest}; said about progress: {(said.Length == 0 ? "nothing, it was over within a second" : $"{said.Length} times, “{said[0]}” … “{said[^1]}”")}",
                query.Length == 0 ? "≤ 2 s" : "layout ≤ 10 s");
            await MeasureUpdatesAsync(page, what, cancellationToken);
            await MeasurePanningAsync(page, what, cancellationToken);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(RepositoryPaths.Evidence, $"topology-{(query.Length == 0 ? "opening" : query["?view=".Length..])}.png") });
        }

        await page.Context.CloseAsync();
    }

    private static async Task MeasureUpdatesAsync(IPage page, string what, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancellationToken);
        var places = await page.EvaluateAsync<string>(Places);
        var from = await page.EvaluateAsync<double>("() => performance.now()");
        var thread = await MainThread.WatchAsync(page);
        var seen = 0;
        while (seen < Updates)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancellationToken);
            seen = await page.EvaluateAsync<int>($"() => measured.revisions.filter(([at]) => at > {from.ToString(CultureInfo.InvariantCulture)}).length");
        }

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var work = await thread.StopAsync(cancellationToken);
        var still = string.Equals(places, await page.EvaluateAsync<string>(Places), StringComparison.Ordinal);
        Row.Write(
            $"update of the topology in Chromium, {what}",
            $"longest task of the main thread {work.Longest}; all of its work {work.Total / seen:F0} ms per update ({seen} updates in {work.Seconds:F0} s); {(still ? "no node moved" : "NODES MOVED")}",
            "≤ 100 ms, no node moves");
    }

    /// <summary>The whole graph is dragged to and fro and zoomed, as fast as a hand does it.</summary>
    private static async Task MeasurePanningAsync(IPage page, string what, CancellationToken cancellationToken)
    {
        var surface = await page.Locator(".graph-surface").BoundingBoxAsync() ?? throw new InvalidOperationException("The graph is not in sight.");
        var (x, y) = (surface.X + (surface.Width / 2), surface.Y + surface.Height - 12);
        await page.Mouse.MoveAsync(x, y);
        var thread = await MainThread.WatchAsync(page);
        await page.Mouse.DownAsync();
        for (var step = 1; step <= PanSteps; step++)
        {
            await page.Mouse.MoveAsync(x + (float)(300 * Math.Sin(step * Math.PI / 20)), y - (4 * (step % 30)));
            await Task.Delay(TimeSpan.FromMilliseconds(16), TimeProvider.System, cancellationToken);
        }

        await page.Mouse.UpAsync();
        for (var step = 0; step < ZoomSteps; step++)
        {
            await page.Mouse.WheelAsync(0, step < ZoomSteps / 2 ? -120 : 120);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }

        var work = await thread.StopAsync(cancellationToken);
        Row.Write(
            $"panning and zooming the topology in Chromium, {what}",
            $"a frame keeps the main thread busy for {work.Frame(0.95):F0} ms at p95 (frames in which nothing moves among them); longest task {work.Longest} ({PanSteps} moves, {ZoomSteps} turns of the wheel)",
            "—");
    }

    public static async Task<double> UntilAsync(IPage page, string what, CancellationToken cancellationToken)
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
}
