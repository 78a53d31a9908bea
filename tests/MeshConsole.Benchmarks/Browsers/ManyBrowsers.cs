using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>Queries at the server while real browsers look at the console: none, one and fifty must cost the same.</summary>
internal static class ManyBrowsers
{
    private const int Refreshes = 8;

    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);
    private static readonly string[] s_pages = ["", "mtls", "certificates", "latency", "traffic"];

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        await using var console = await MeasuredConsole.StartAsync(mesh, cancellationToken);
        await using var chromium = await Chromium.StartAsync(renderers: 4);
        var open = new List<IPage>();
        foreach (var count in new[] { 1, 50 })
        {
            while (open.Count < count)
            {
                var page = await chromium.NewPageAsync();
                open.Add(page);
                // Every fifth looks at the graph, which follows the hub besides its circuit.
                var path = open.Count % 5 == 1 ? "topology?view=namespace" : s_pages[open.Count % s_pages.Length];
                await page.GotoAsync(new Uri(console.Address, path).ToString());
                await page.Locator("main h1").First.WaitForAsync();
            }

            var before = mesh.Mesh.PrometheusFaults.Requests;
            await Task.Delay(Refreshes * s_refresh, TimeProvider.System, cancellationToken);
            var queries = (mesh.Mesh.PrometheusFaults.Requests - before) / (double)Refreshes;
            var alive = 0;
            foreach (var page in open)
            {
                alive += await page.Locator(".components-reconnect-show, .components-reconnect-failed").CountAsync() == 0 && await page.Locator("time[data-freshness=fresh]").CountAsync() > 0 ? 1 : 0;
            }

            Row.Write($"Prometheus queries per refresh, {count} browser pages", $"{queries:F1} ({alive} of {count} pages live and fresh at the end)", "≤ 12");
        }
    }
}
