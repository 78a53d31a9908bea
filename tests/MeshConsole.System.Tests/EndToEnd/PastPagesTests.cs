using System.Globalization;
using System.Text.Json;
using System.Web;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The time under the topology of the demo, in a real browser: what a link carries to somebody else, and what the keyboard does.</summary>
public sealed class PastPagesTests
{
    /// <summary>Where every node and closed box is drawn, by id, in whole units of the picture. Boxes are drawn around their nodes.</summary>
    private const string Places = """
        () => Object.fromEntries(document.querySelector('.graph-surface')._cyreg.cy.nodes().filter(node => !node.isParent())
          .map(node => [node.id(), `${Math.round(node.position().x)},${Math.round(node.position().y)}`]).sort())
        """;

    /// <summary>What stands out, and what stands back.</summary>
    private const string Classes = """
        () => Object.fromEntries(document.querySelector('.graph-surface')._cyreg.cy.elements().filter(one => !(one.isNode() && one.isParent()))
          .map(one => [one.id(), [one.visible(), ...one.classes().filter(name => name !== 'at')].join(' ')]).sort())
        """;

    [SkippableFact]
    public async Task CopiedLink_InAnotherBrowser_IsTheSamePicture()
    {
        Requires.Chromium();
        await using var console = await DemoAsync();
        await using var browser = await Browser.StartAsync();
        await using var sender = await browser.NewPageAsync(console.Address);
        await sender.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        string link = "", live = "";
        Picture sent = null!;
        await sender.CheckAsync("link-sent", async view =>
        {
            await view.GotoAsync($"topology?view=workload&closed=payments-demo/finance&layout=concentric&q=namespace%20%3D%20payments&hide=errors%20%3E%2090%25&label=rate,errors&without=services"
                + $"&selected=payments-demo/payments/workload/payment-api&at={Ago(2)}&compare={Ago(12)}");
            await DrawnAsync(view);
            await view.Locator(".compare-bar a", new PageLocatorOptions { HasText = "Swap" }).WaitForAsync();

            // Where the reader put it, not where the layout did.
            var before = (await PlacesAsync(view))["payments-demo/payments/workload/payment-api"];
            var at = await view.EvaluateAsync<float[]>("""
                () => { const node = document.querySelector('.graph-surface')._cyreg.cy.getElementById('payments-demo/payments/workload/payment-api').renderedPosition(); const box = document.querySelector('.graph-surface').getBoundingClientRect(); return [box.left + node.x, box.top + node.y]; }
                """);
            await view.Mouse.MoveAsync(at[0], at[1]);
            await view.Mouse.DownAsync();
            await view.Mouse.MoveAsync(at[0] + 60, at[1] + 35, new MouseMoveOptions { Steps = 6 });
            await view.Mouse.UpAsync();
            (await PlacesAsync(view))["payments-demo/payments/workload/payment-api"].ShouldNotBe(before);

            sent = await PictureAsync(view);
            link = await CopyAsync(view);
            sent.Places.Count.ShouldBeGreaterThan(20);
            sent.Places.Keys.ShouldContain(id => id.Contains("finance", StringComparison.Ordinal), "the closed box");

            // Of the present a link pins what is drawn: it would have gone on when the link is opened.
            await view.Locator(".banner-past a").ClickAsync();
            await ConsolePage.AddressAsync(view, address => !address.Contains("at=", StringComparison.Ordinal));
            live = await Eventually.BecomesAsync("a link pins the present, once that is drawn", TimeSpan.FromSeconds(20), _ => CopyAsync(view), text => AgeOf(text) < TimeSpan.FromSeconds(60));
            sender.Errors.ShouldBeEmpty();
        });
        AgeOf(live).ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        link.Length.ShouldBeLessThan(2000, "mail and chat take it whole");

        await using var reader = await browser.NewPageAsync(console.Address, width: 1100, height: 760, colorScheme: ColorScheme.Dark);
        await reader.CheckAsync("link-read", async view =>
        {
            await view.GotoAsync(link);
            await DrawnAsync(view);
            await view.Locator(".compare-bar a", new PageLocatorOptions { HasText = "Swap" }).WaitForAsync();
            var read = await PictureAsync(view);
            read.Places.ShouldBe(sent.Places);
            read.Classes.ShouldBe(sent.Classes);
            (read.Find, read.Hide, read.Selected, read.Instant, read.Compared, read.Level).ShouldBe((sent.Find, sent.Hide, sent.Selected, sent.Instant, sent.Compared, sent.Level));
            sent.Find.ShouldBe("namespace = payments");
            sent.Selected.ShouldContain("payment-api");
            sent.Instant.ShouldBe(Parameter(link, "at"));

            // Nor does it take the place of what the reader's own looks remember.
            (await view.EvaluateAsync<int>("() => Object.keys(localStorage).filter(key => /position/i.test(key)).length")).ShouldBe(0);
            reader.Errors.ShouldBeEmpty();
        });
    }

    [SkippableFact]
    public async Task Slider_ByKeyboard_GoesBackPlaysPausesAndReturns_AndIsAccessible()
    {
        Requires.Chromium();
        await using var console = await DemoAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(console.Address);
        await page.CheckAsync("slider", async view =>
        {
            await view.GotoAsync("topology?view=workload");
            await DrawnAsync(view);
            await view.Locator(".banner-demo select").SelectOptionAsync("provider-failing");
            await view.Locator("[data-mark]").First.WaitForAsync(new LocatorWaitForOptions { Timeout = 60_000 });
            var keyboard = new Keyboard(view);
            await view.Locator("[popovertarget='slider-compare']").FocusAsync();

            // A mark tells what happened, and leads before it.
            await keyboard.TabToAsync("[data-mark]", atMost: 6);
            await keyboard.PressAsync("Enter");
            await Assertions.Expect(view.Locator(".slider-pop:popover-open")).ToContainTextAsync("New provider failing");
            (await page.AxeViolationsAsync()).ShouldBeEmpty();
            await keyboard.PressAsync("Escape");
            await keyboard.AtAsync("[data-mark]");

            await keyboard.TabToAsync("[role=slider]", atMost: 3);
            await Assertions.Expect(view.Locator("[role=slider]")).ToHaveAttributeAsync("aria-valuetext", "Live");
            await keyboard.PressAsync("PageDown");
            await keyboard.PressAsync("ArrowLeft");
            await ConsolePage.AddressAsync(view, address => address.Contains("at=", StringComparison.Ordinal));
            var back = Instant(view);
            await Assertions.Expect(view.Locator("[role=slider]")).ToHaveAttributeAsync("aria-valuetext", back.ToString("ddd d MMM HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
            await view.Locator($".banner-past[role=status] strong time[datetime^='{back:yyyy-MM-ddTHH:mm:ss}']").WaitForAsync();
            (await page.AxeViolationsAsync()).ShouldBeEmpty();

            await keyboard.PressAsync("Space");
            await Assertions.Expect(view.Locator(".replay [role=status]").Last).ToContainTextAsync("Replay from ");
            await Eventually.BecomesAsync("the replay is three frames on", TimeSpan.FromSeconds(20), _ => Task.FromResult(Instant(view)), now => now >= back.AddSeconds(45));
            (await page.AxeViolationsAsync()).ShouldBeEmpty();
            await keyboard.PressAsync("Space");
            await Assertions.Expect(view.Locator(".replay [role=status]").Last).ToContainTextAsync("Replay paused at ");
            var paused = Instant(view);
            await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System);
            Instant(view).ShouldBe(paused);
            await keyboard.AtAsync("[role=slider]");

            await keyboard.PressAsync("End");
            await ConsolePage.AddressAsync(view, address => !address.Contains("at=", StringComparison.Ordinal));
            await Assertions.Expect(view.Locator("[role=slider]")).ToHaveAttributeAsync("aria-valuetext", "Live");
            page.Errors.ShouldBeEmpty();
        });

        // Beside each other; where nothing was; and where nobody answers.
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var other = await browser.NewPageAsync(console.Address, width: scheme == ColorScheme.Dark ? 390 : 1440, height: 844, colorScheme: scheme);
            await other.CheckAsync($"past-{scheme}", async view =>
            {
                await view.GotoAsync($"topology?view=workload&show=differences&at={Ago(2)}&compare={Ago(20)}");
                await view.Locator(".compare-words").WaitForAsync();
                await view.Locator(".compare-bar a", new PageLocatorOptions { HasText = "Swap" }).WaitForAsync();
                (await other.AxeViolationsAsync()).ShouldBeEmpty();

                await view.GotoAsync("topology?at=2001-01-01T00:00:00Z");
                await Assertions.Expect(view.Locator(".state-failed h1")).ToContainTextAsync("No traffic of ");
                await view.Locator("[role=slider]").WaitForAsync();
                (await other.AxeViolationsAsync()).ShouldBeEmpty();

                await view.Locator(".banner-demo select").SelectOptionAsync("prometheus-down");
                await Assertions.Expect(view.Locator(".banner-demo select")).ToHaveValueAsync("prometheus-down");
                await view.GotoAsync($"topology?view=workload&at={Ago(scheme == ColorScheme.Dark ? 41 : 43)}");
                await Assertions.Expect(view.Locator(".state-failed h1")).ToContainTextAsync("cannot be read");
                (await other.AxeViolationsAsync()).ShouldBeEmpty();

                // What is known now stays, with why it is not compared.
                await view.GotoAsync($"topology?view=workload&compare={Ago(scheme == ColorScheme.Dark ? 45 : 47)}");
                await Assertions.Expect(view.Locator(".compare-words")).ToContainTextAsync("cannot be read");
                await DrawnAsync(view);
                (await other.AxeViolationsAsync()).ShouldBeEmpty();
                await view.Locator(".banner-demo select").SelectOptionAsync("healthy");
                await Assertions.Expect(view.Locator(".banner-demo select")).ToHaveValueAsync("healthy");
                await view.Locator(".compare-bar button", new PageLocatorOptions { HasText = "Ask again" }).ClickAsync();
                await view.Locator(".compare-bar a", new PageLocatorOptions { HasText = "Swap" }).WaitForAsync();
                other.Errors.ShouldBeEmpty();
            });
        }
    }

    private static async Task<ConsoleProcess> DemoAsync()
    {
        var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Demo"] = "true" });
        await console.UntilReadyAsync();
        return console;
    }

    /// <summary>A multiple of the refresh, as the slider has them.</summary>
    private static string Ago(int minutes)
    {
        var at = TimeProvider.System.GetUtcNow().AddMinutes(-minutes);
        return at.AddTicks(-(at.Ticks % TimeSpan.FromSeconds(15).Ticks)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }

    private static async Task DrawnAsync(IPage view) =>
        await view.Locator(".graph[data-laid-out-in]:not([data-arranging]), .graph[data-revision]:not([data-arranging])").First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });

    private static async Task<string> CopyAsync(IPage view)
    {
        await view.EvaluateAsync("() => navigator.clipboard.writeText('')");
        await view.Locator("button", new PageLocatorOptions { HasText = "Copy link" }).ClickAsync();
        return await Eventually.BecomesAsync("a link is in the clipboard", TimeSpan.FromSeconds(20), _ => view.EvaluateAsync<string>("() => navigator.clipboard.readText()"), text => text.Length > 0);
    }

    private static async Task<IReadOnlyDictionary<string, string>> PlacesAsync(IPage view) => await StringsAsync(view, Places);

    private static async Task<SortedDictionary<string, string>> StringsAsync(IPage view, string script) => new(
        (await view.EvaluateAsync<JsonElement>(script)).EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!, StringComparer.Ordinal),
        StringComparer.Ordinal);

    private static async Task<Picture> PictureAsync(IPage view) => new(
        await StringsAsync(view, Places),
        await StringsAsync(view, Classes),
        await view.GetByLabel("Find", new PageGetByLabelOptions { Exact = true }).InputValueAsync(),
        await view.GetByLabel("Hide", new PageGetByLabelOptions { Exact = true }).InputValueAsync(),
        (await view.Locator("aside.panel .panel-title").First.InnerTextAsync()).Trim(),
        DateTimeOffset.Parse((await view.Locator(".slider-now time:has(strong)").GetAttributeAsync("datetime"))!, CultureInfo.InvariantCulture).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        await view.Locator(".compare-words").InnerTextAsync(),
        await view.Locator(".toolbar .choice a[aria-current]").First.InnerTextAsync());

    private static string? Parameter(string address, string name) => HttpUtility.ParseQueryString(new Uri(address).Query)[name];

    private static TimeSpan AgeOf(string link) => TimeProvider.System.GetUtcNow() - DateTimeOffset.Parse(Parameter(link, "at")!, CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(IPage view) => Parameter(view.Url, "at") is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) : DateTimeOffset.MaxValue;

    private sealed record Picture(
        SortedDictionary<string, string> Places, SortedDictionary<string, string> Classes, string Find, string Hide, string Selected, string Instant, string Compared, string Level);
}
