using System.Globalization;
using MeshConsole.System.Tests.Browsing;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>What looking at the past costs Prometheus, counted from its own log.</summary>
[Collection(HandMeshRig.Collection)]
public sealed class PastQueriesTests(HandMeshRig rig)
{
    /// <summary>Queries of one refresh (design.md, budgets), and so of one instant.</summary>
    private const int OfOneInstant = 12;

    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);

    [SkippableFact]
    public async Task SliderReplayAndComparison_AskOnceForEachInstantThatIsShown()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        await using var first = await browser.NewPageAsync(rig.Console.Address);
        await using var second = await browser.NewPageAsync(rig.Console.Address);
        var now = TimeProvider.System.GetUtcNow();
        var shown = now.AddTicks(-(now.Ticks % s_step.Ticks)) - TimeSpan.FromSeconds(60);
        var compared = shown - TimeSpan.FromSeconds(45);
        var before = (await rig.Prometheus.LoggedQueriesAsync()).Count;
        await first.CheckAsync("past-queries", async view =>
        {
            // Banner, picture and table of one instant, for two readers; and the one it is compared with.
            var address = $"topology?view=workload&at={Address(shown)}&compare={Address(compared)}&until={Address(shown + (4 * s_step))}";
            foreach (var reader in new[] { view, second.Page })
            {
                await reader.GotoAsync(address);
                await reader.Locator(".graph[data-laid-out-in]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
                await reader.Locator(".compare-bar a", new PageLocatorOptions { HasText = "Swap" }).WaitForAsync();
            }

            var asked = await AskedAsync(before, now);
            asked.ShouldBe(new Dictionary<DateTimeOffset, int> { [compared] = OfOneInstant, [shown] = OfOneInstant }, ignoreOrder: true);

            // Both replay the same four frames, one after the other and at the same time.
            await Task.WhenAll(PlayAsync(view), PlayAsync(second.Page));
            asked = await AskedAsync(before, now);
            asked.ShouldBe(new[] { -9, 0, 1, 2, 3, 4 }.ToDictionary(frame => shown + (frame * s_step), _ => OfOneInstant), ignoreOrder: true);

            // A key that is held down goes over nine instants and shows the last.
            await view.Locator("[role=slider]").FocusAsync();
            await view.Locator("[role=slider]").EvaluateAsync("slider => { for (let i = 0; i < 9; i++) slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', repeat: i > 0, bubbles: true, cancelable: true })); }");

            var last = shown - (5 * s_step);
            await ConsolePage.AddressAsync(view, address => address.Contains($"at={Uri.EscapeDataString(Address(last))}", StringComparison.Ordinal));
            await view.Locator($".banner-past strong time[datetime^='{last:yyyy-MM-ddTHH:mm:ss}']").WaitForAsync();
            asked = await AskedAsync(before, now);
            asked.Count.ShouldBe(7);
            asked[last].ShouldBe(OfOneInstant);
            asked.Values.ShouldAllBe(count => count == OfOneInstant);
            first.Errors.ShouldBeEmpty();
        });
    }

    private static async Task PlayAsync(IPage view)
    {
        await view.Locator("[data-replay-play]").ClickAsync();
        await Assertions.Expect(view.Locator(".replay [role=status]").Last).ToContainTextAsync("Replay ended at ", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
    }

    /// <summary>Queries by past instant since the test began. Those of the poller are at later ones, and ranges are of charts.</summary>
    private async Task<Dictionary<DateTimeOffset, int>> AskedAsync(int before, DateTimeOffset now) => (await rig.Prometheus.LoggedQueriesAsync())
        .Skip(before)
        .Where(query => query.Start == query.End && query.End < now.AddSeconds(-20))
        .GroupBy(query => query.End)
        .ToDictionary(group => group.Key, group => group.Count());

    private static string Address(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
