using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The console of the demo, used by somebody who has a keyboard and nothing else.</summary>
public sealed class KeyboardTests
{
    [SkippableFact]
    public async Task Console_UsedByKeyboardAlone_DoesEverythingAndAlwaysShowsTheFocus()
    {
        Requires.Chromium();
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Demo"] = "true" });
        await console.UntilReadyAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(console.Address);
        await page.CheckAsync("keyboard", async view =>
        {
            await view.GotoAsync("");
            await view.Locator("main h1").First.WaitForAsync();
            await view.Locator("[data-theme-choice='system'][aria-checked='true']").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
            var keyboard = new Keyboard(view);

            await SkipToTheContentAsync(keyboard);
            await MoveThroughTheRailAsync(view, keyboard);
            await GoByThePaletteAsync(view, keyboard);
            await SortAndFilterAsync(view, keyboard);
            await OpenAndCloseTheDetailsAsync(view, keyboard);
            await SwitchTheThemeAsync(view, keyboard);
            await AskForHelpAsync(view, keyboard);
            page.Errors.ShouldBeEmpty();
        });
    }

    private static async Task SkipToTheContentAsync(Keyboard keyboard)
    {
        await keyboard.PressAsync("Tab");
        await keyboard.AtAsync("a.skip");
        await keyboard.PressAsync("Enter");
        await keyboard.AtAsync("main#main");

        // From there the next stop is in the content, not in the rail.
        await keyboard.PressAsync("Tab");
        (await keyboard.IsAtAsync("main *")).ShouldBeTrue(keyboard.Trail);
    }

    private static async Task MoveThroughTheRailAsync(IPage view, Keyboard keyboard)
    {
        await keyboard.TabToAsync("nav.rail a.brand", backwards: true);
        var stops = new List<string>();
        while (!await keyboard.IsAtAsync("nav.rail button.rail-help"))
        {
            await keyboard.PressAsync("Tab");
            (await keyboard.IsAtAsync("nav.rail *")).ShouldBeTrue(keyboard.Trail);
            if (await keyboard.IsAtAsync("nav.rail li a"))
            {
                stops.Add(await view.EvaluateAsync<string>("() => document.activeElement.querySelector('.rail-text').textContent"));
            }
        }

        stops.ShouldBe(["Overview", "Topology", "Incidents", "mTLS", "Certificates", "Latency", "Traffic", "Changes", "Safety", "Audit"]);
        await keyboard.TabToAsync("nav.rail a[data-go='c']", backwards: true, atMost: 8);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(view.Locator("nav.rail a[data-go='c'][aria-current='page']")).ToHaveCountAsync(1);
        await view.Locator("main table[class='table'] caption", new PageLocatorOptions { HasText = "Certificates" }).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await keyboard.AtAsync("nav.rail a[data-go='c']");
    }

    private static async Task GoByThePaletteAsync(IPage view, Keyboard keyboard)
    {
        // Opened and left again: the focus is where it was.
        await keyboard.PressAsync("Control+k");
        await keyboard.AtAsync("#palette-input");
        await keyboard.PressAsync("Escape");
        await keyboard.AtAsync("nav.rail a[data-go='c']");

        await keyboard.PressAsync("Control+k");
        await keyboard.AtAsync("#palette-input");
        await keyboard.TypeAsync("l");
        await Assertions.Expect(view.Locator("#palette-0")).ToContainTextAsync("Latency");
        await keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(view.Locator("#palette-1[aria-selected='true']")).ToHaveCountAsync(1);
        await view.Keyboard.PressAsync("Control+a");
        await keyboard.TypeAsync("traffic");
        await Assertions.Expect(view.Locator("#palette-input")).ToHaveValueAsync("traffic");
        await Assertions.Expect(view.Locator("#palette-0")).ToContainTextAsync("Traffic");
        await keyboard.PressAsync("Enter");
        await ConsolePage.AddressAsync(view, address => address.Contains("/traffic", StringComparison.Ordinal));
        await Assertions.Expect(view.Locator("#palette")).ToBeHiddenAsync();
        await view.Locator(".split").First.WaitForAsync();
    }

    private static async Task SortAndFilterAsync(IPage view, Keyboard keyboard)
    {
        var names = view.Locator("main tbody th[data-label='Route'] .name");
        var all = await names.AllInnerTextsAsync();
        all.Count.ShouldBeGreaterThan(3);
        await keyboard.TabToAsync("main thead th[aria-sort] a");
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(view.Locator("main thead th[aria-sort='descending']")).ToContainTextAsync("Route");
        await Eventually.BecomesAsync(
            "the rows are turned around",
            TimeSpan.FromSeconds(20),
            async _ => string.Join(' ', await names.AllInnerTextsAsync()),
            shown => shown == string.Join(' ', Enumerable.Reverse(all)));
        await keyboard.AtAsync("main thead th[aria-sort='descending'] a");

        await keyboard.TabToAsync("main .filter input", backwards: true);
        await keyboard.TypeAsync("card-proc");
        await Assertions.Expect(view.Locator("main .filter input")).ToHaveValueAsync("card-proc");
        await ConsolePage.AddressAsync(view, address => address.Contains("q=card-proc", StringComparison.Ordinal));
        await Assertions.Expect(names).Not.ToHaveCountAsync(all.Count);
        (await names.AllInnerTextsAsync()).ShouldAllBe(name => name.StartsWith("card-processor", StringComparison.Ordinal));
        await keyboard.AtAsync("main .filter input");
    }

    private static async Task OpenAndCloseTheDetailsAsync(IPage view, Keyboard keyboard)
    {
        await keyboard.TabToAsync("main tbody a[data-row]");
        await keyboard.PressAsync("ArrowDown");
        var row = await view.EvaluateAsync<string>("() => document.activeElement.getAttribute('href')");
        row.ShouldBe(await view.Locator("main tbody a[data-row]").Nth(1).GetAttributeAsync("href"), keyboard.Trail);
        await keyboard.PressAsync("Enter");
        await keyboard.AtAsync("aside.panel");
        await Assertions.Expect(view.Locator("aside.panel")).ToContainTextAsync("card-processor");
        await keyboard.PressAsync("Tab");
        (await keyboard.IsAtAsync("aside.panel *")).ShouldBeTrue(keyboard.Trail);

        await keyboard.PressAsync("Escape");
        await Assertions.Expect(view.Locator("aside.panel")).ToHaveCountAsync(0);
        await keyboard.AtAsync("main tbody a[data-row]");
        (await view.EvaluateAsync<string>("() => document.activeElement.getAttribute('href')")).ShouldBe(row, keyboard.Trail);
    }

    private static async Task SwitchTheThemeAsync(IPage view, Keyboard keyboard)
    {
        await Assertions.Expect(view.Locator("html[data-theme='light']")).ToHaveCountAsync(1);
        await keyboard.TabToAsync("[popovertarget='theme-menu']", backwards: true);
        await keyboard.PressAsync("Enter");
        await keyboard.TabToAsync("[data-theme-choice='dark']", atMost: 4);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(view.Locator("html[data-theme='dark']")).ToHaveCountAsync(1);
        await Assertions.Expect(view.Locator("#theme-menu")).ToBeHiddenAsync();
        await keyboard.AtAsync("[popovertarget='theme-menu']");
    }

    private static async Task AskForHelpAsync(IPage view, Keyboard keyboard)
    {
        await keyboard.PressAsync("?");
        await Assertions.Expect(view.Locator("#keyboard-help")).ToBeVisibleAsync();
        await keyboard.AtAsync("#keyboard-help button");
        await keyboard.PressAsync("Escape");
        await Assertions.Expect(view.Locator("#keyboard-help")).ToBeHiddenAsync();
        await keyboard.AtAsync("[popovertarget='theme-menu']");

        // A chord goes to a page from wherever one is.
        await keyboard.PressAsync("g");
        await keyboard.PressAsync("o");
        await Assertions.Expect(view.Locator("nav.rail a[data-go='o'][aria-current='page']")).ToHaveCountAsync(1);
    }
}
