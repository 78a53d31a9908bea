using System.Globalization;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The pages of a console that watches a real cluster, in a real browser.</summary>
[Collection(HandMeshRig.Collection)]
public sealed class PagesTests(HandMeshRig rig)
{
    public static TheoryData<string, string> Pages => new()
    {
        { "", "overview" },
        { "topology", "topology" },
        { "incidents", "incidents" },
        { "mtls", "mtls" },
        { "mtls?show=namespaces&selected=real%2Fpayments", "mtls-namespaces" },
        { "mtls?show=policies&selected=real%2Fpayments%2Fworkload%2Fpayment-api%3A&range=24h&of=bytes", "mtls-policies" },
        { "mtls?show=unknown", "mtls-unknown" },
        { "mtls?show=readiness&scope=payments&lookback=2m", "mtls-readiness" },
        { "certificates", "certificates" },
        { "latency", "latency" },
        { "traffic", "traffic" },
        { "changes", "changes" },
        { "safety", "safety" },
        { "audit", "audit" },
    };

    [SkippableTheory]
    [MemberData(nameof(Pages))]
    public async Task Page_InLightAndDark_IsAccessibleAndFreeOfErrors(string path, string name)
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var page = await browser.NewPageAsync(rig.Console.Address, colorScheme: scheme);
            await page.CheckAsync($"{name}-{scheme}", async view =>
            {
                await OpenAsync(view, path);
                await page.ScreenshotAsync($"real-{name}-{scheme}".ToLowerInvariant());
                (await page.AxeViolationsAsync()).ShouldBeEmpty();
                page.Errors.ShouldBeEmpty();

                // A host with quotes, a newline and markup is among the labels: it is text, wherever it is shown.
                (await view.Locator("img[src='x']").CountAsync()).ShouldBe(0);
            });
        }
    }

    [SkippableFact]
    public async Task PinnedPage_ShownAndNotKnown_IsAccessible()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        var shown = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-10).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var page = await browser.NewPageAsync(rig.Console.Address, colorScheme: scheme);
            await page.CheckAsync($"pinned-{scheme}", async view =>
            {
                // The graph of then is drawn from REST, without the hub.
                await OpenAsync(view, $"topology?view=workload&at={shown}");
                await view.Locator(".banner-past").WaitForAsync();
                await view.Locator(".graph[data-laid-out-in]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
                (await page.AxeViolationsAsync()).ShouldBeEmpty();

                await OpenAsync(view, "latency?at=2001-01-01T00:00:00Z");
                await view.Locator(".state-failed").WaitForAsync();
                (await page.AxeViolationsAsync()).ShouldBeEmpty();
                page.Errors.ShouldBeEmpty();
            });
        }
    }

    [SkippableFact]
    public async Task WeightPatchedByAnotherClient_IsInTheBrowserWithinASecond()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(rig.Console.Address);
        await page.CheckAsync("weight", async view =>
        {
            await OpenAsync(view, "traffic");
            var before = view.Locator(".split[aria-label*='v1-stable: set 90']");
            await before.First.WaitForAsync();

            // Each time it is shown; the quickest of three tells what the console takes, the others what else the machine does.
            var took = new List<TimeSpan>();
            foreach (var weight in new[] { 65, 70, 75 })
            {
                try
                {
                    await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, weight));
                    var patched = TimeProvider.System.GetTimestamp();
                    await view.Locator($".split[aria-label*='v1-stable: set {weight}']").First.WaitForAsync(new LocatorWaitForOptions { Timeout = 15_000 });
                    took.Add(TimeProvider.System.GetElapsedTime(patched));
                    (await before.CountAsync()).ShouldBe(0);
                }
                finally
                {
                    await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(weight, 90));
                    await before.First.WaitForAsync();
                }
            }

            took.Min().ShouldBeLessThan(TimeSpan.FromSeconds(1), string.Join(", ", took));
        });
    }

    [SkippableFact]
    public async Task ConnectionLostAndBack_IsSaidAndThePageGoesOn()
    {
        await rig.StartedAsync();
        await using var relay = TcpRelay.To(rig.Console.Address);
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(relay.AddressFor(rig.Console.Address));
        await page.CheckAsync("reconnect", async view =>
        {
            await OpenAsync(view, "traffic");
            relay.Cut();
            var dialog = view.Locator("#components-reconnect-modal");
            await Assertions.Expect(dialog).ToBeVisibleAsync();
            await Assertions.Expect(dialog.Locator(".when-show")).ToBeVisibleAsync();

            relay.Restore();
            await Assertions.Expect(dialog).ToBeHiddenAsync(new LocatorAssertionsToBeHiddenOptions { Timeout = 20_000 });

            // The circuit is the same and still hears the cluster.
            await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(90, 55));
            try
            {
                await view.Locator(".split[aria-label*='v1-stable: set 55']").First.WaitForAsync(new LocatorWaitForOptions { Timeout = 5_000 });
            }
            finally
            {
                await rig.Kubernetes.Admin.JsonPatchAsync(CardProcessor.VirtualServicePath, CardProcessor.MoveWeights(55, 90));
            }
        });
    }

    /// <summary>Opens a page and waits until its circuit has drawn it from live data.</summary>
    private static async Task OpenAsync(IPage view, string path)
    {
        await view.GotoAsync(path);
        await view.Locator("main h1").First.WaitForAsync();
        await view.Locator("nav.rail a[aria-current='page']").First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        if (path == "topology")
        {
            // The canvas says on its element when the hub has answered and the picture is laid out.
            await view.Locator("[data-laid-out-in][data-revision]").First.WaitForAsync();
        }
    }
}
