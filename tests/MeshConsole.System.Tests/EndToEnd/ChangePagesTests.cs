using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// A canary change from its proposal to its stop, in real browsers on the embedded mesh: one person asks, another decides, and
/// the traffic that the console measures follows what it wrote.
/// </summary>
public sealed class ChangePagesTests
{
    private static readonly LocatorWaitForOptions s_traffic = new() { Timeout = 150_000 };

    /// <summary>Told at the end, all at once.</summary>
    private readonly List<string> _violations = [];

    [SkippableFact]
    public async Task CanaryChange_IsProposedApprovedAndStarted_AndTheTrafficFollows()
    {
        // A store of its own: a change of an earlier run would be carried on.
        using var scratch = ScratchFolder.Create("change-pages");
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(scratch.Path, "console.db")}",
            ["Telemetry:RefreshInterval"] = "00:00:05",
            ["Telemetry:RateWindow"] = "00:00:30",
        });
        await console.UntilReadyAsync();
        await using var browser = await Browser.StartAsync();
        await using var omar = await AsAsync(browser, console, "omar", 1440, 900, ColorScheme.Light);
        await using var anna = await AsAsync(browser, console, "anna", 1440, 900, ColorScheme.Dark);
        await using var phone = await AsAsync(browser, console, "anna", 390, 844, ColorScheme.Light);

        string address = "";
        await omar.CheckAsync("change-proposed", async view =>
        {
            await OpenAsync(view, "changes");
            await CheckedAsync(omar, "changes-empty");
            await OpenAsync(view, "traffic?show=split&q=card-processor");
            await view.Locator("a.row-link").First.ClickAsync();
            await view.GetByRole(AriaRole.Link, new() { Name = "Move weight" }).ClickAsync();
            var slider = view.Locator(".slider-row", new() { HasText = "v2-new-provider" }).Locator("input[type=range]");
            await slider.FocusAsync();
            for (var press = 0; press < 4; press++)
            {
                await slider.PressAsync("PageUp");
            }

            await Assertions.Expect(slider).ToHaveValueAsync("50");
            await view.GetByLabel("Reason", new() { Exact = true }).FillAsync("The new provider answers well at a tenth.");
            var request = view.GetByRole(AriaRole.Button, new() { Name = "Request approval from" });
            await request.WaitForAsync();
            await CheckedAsync(omar, "change-editor");
            await Assertions.Expect(request).ToBeEnabledAsync();
            await request.ClickAsync();
            address = new Uri(await ConsolePage.AddressAsync(view, url => url.Contains("/changes/", StringComparison.Ordinal))).PathAndQuery.TrimStart('/');
            await view.Locator(".change-head").WaitForAsync();
            await CheckedAsync(omar, "change-awaiting");
        });

        await anna.CheckAsync("change-decided", async view =>
        {
            await OpenAsync(view, "changes?show=waiting");
            await Assertions.Expect(view.Locator("a[data-go=h] .count")).ToContainTextAsync("1");
            await CheckedAsync(anna, "changes-waiting");
            await view.Locator("a.row-link").First.ClickAsync();
            await view.GetByLabel("Comment (others read it later)").FillAsync("Small steps, gates armed: fine.");
            await CheckedAsync(anna, "change-deciding");
            await view.GetByRole(AriaRole.Button, new() { Name = "Approve 90 / 10" }).ClickAsync();
            await view.Locator(".change-head", new() { HasText = "Approved" }).WaitForAsync();
        });

        await omar.CheckAsync("change-started", async view =>
        {
            // The page of the requester follows by itself.
            var start = view.GetByRole(AriaRole.Button, new() { Name = "Start stage 1" });
            await start.ClickAsync();
            await view.Locator(".confirm").WaitForAsync();
            await CheckedAsync(omar, "change-confirm");
            await view.GetByRole(AriaRole.Button, new() { Name = "Start moving card-processor" }).ClickAsync();
            await view.Locator(".stage-current .soak").WaitForAsync();
            await view.Locator(".writes", new() { HasText = "Applied" }).WaitForAsync();
        });

        await phone.CheckAsync("change-traffic", async view =>
        {
            await OpenAsync(view, "traffic?show=split&q=card-processor");

            // What the callers' proxies count, not what was written: more than the tenth of before.
            await view.Locator(".split[aria-label*='live 25'], .split[aria-label*='live 24'], .split[aria-label*='live 26'], .split[aria-label*='live 23'], .split[aria-label*='live 27']").First.WaitForAsync(s_traffic);
            await CheckedAsync(phone, "traffic-following-phone");
            await OpenAsync(view, address);
            await view.Locator(".gate-chart").WaitForAsync(s_traffic);
            await CheckedAsync(phone, "change-running-phone");
        });

        await omar.CheckAsync("change-stopped", async view =>
        {
            await CheckedAsync(omar, "change-running");
            await view.GetByRole(AriaRole.Button, new() { Name = "Stop: all traffic to v1-stable" }).ClickAsync();
            await view.GetByLabel("Why it is stopped").FillAsync("Trying the stop.");
            await view.GetByRole(AriaRole.Button, new() { Name = "Send everything to v1-stable now" }).ClickAsync();
            await view.Locator(".writes", new() { HasText = "emergency stop" }).WaitForAsync();
            await OpenAsync(view, "audit");
            await view.Locator("h1", new() { HasText = "Chain verified up to" }).WaitForAsync();
            await view.Locator("a.row-link").First.ClickAsync();
            await view.Locator("aside.panel").WaitForAsync();
            await CheckedAsync(omar, "audit");
        });
        await anna.CheckAsync("audit-dark", async view =>
        {
            await CheckedAsync(anna, "change-stopped-dark");
            await OpenAsync(view, "audit?action=change.write");
            await CheckedAsync(anna, "audit-dark");
        });

        _violations.ShouldBeEmpty();
        omar.Errors.Concat(anna.Errors).Concat(phone.Errors).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Safety_WritesAreSwitchedOffAndTheGlassIsBrokenAndReviewed()
    {
        using var scratch = ScratchFolder.Create("safety-page");
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(scratch.Path, "console.db")}",

            // In force whenever the test runs: every day at noon in Kolkata for a day and an hour.
            ["Changes:FreezeWindows:0:Name"] = "settlement",
            ["Changes:FreezeWindows:0:Schedule"] = "0 12 * * *",
            ["Changes:FreezeWindows:0:Duration"] = "1.01:00:00",
            ["Changes:FreezeWindows:0:TimeZone"] = "Asia/Kolkata",
            ["Changes:FreezeWindows:0:Namespaces:0"] = "payments",
        });
        await console.UntilReadyAsync();
        await using var browser = await Browser.StartAsync();
        await using var ada = await AsAsync(browser, console, "ada", 1440, 900, ColorScheme.Light);
        await using var anna = await AsAsync(browser, console, "anna", 390, 844, ColorScheme.Dark);

        await ada.CheckAsync("safety", async view =>
        {
            await OpenAsync(view, "traffic");
            await view.Keyboard.PressAsync("g");
            await view.Keyboard.PressAsync("s");
            await Assertions.Expect(view.Locator("h1")).ToHaveTextAsync("Writes are on everywhere; 1 freeze is in force");
            await CheckedAsync(ada, "safety-ordinary");

            await view.Locator(".scopes a.row-link", new() { HasText = "merchants" }).ClickAsync();
            await view.GetByRole(AriaRole.Button, new() { Name = "Switch writes off in merchants" }).ClickAsync();
            await view.GetByLabel("Why", new() { Exact = true }).FillAsync("Month end.");
            await CheckedAsync(ada, "safety-confirm");
            await view.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = "Switch writes off in merchants" }).ClickAsync();
            await Assertions.Expect(view.Locator("h1")).ToContainTextAsync("Writes are off in namespace merchants");
            await Assertions.Expect(view.Locator("tr.selected")).ToContainTextAsync("Month end.");

            await view.GetByRole(AriaRole.Link, new() { Name = "Break the glass for a route or policy" }).ClickAsync();
            await view.Locator("aside.panel label", new() { HasText = "Route" }).Locator("select").SelectOptionAsync(new SelectOptionValue { Value = "payments-demo/payments/VirtualService/card-processor" });
            await view.GetByRole(AriaRole.Button, new() { Name = "Break the glass for card-processor" }).ClickAsync();
            await view.GetByLabel("Why it cannot wait").FillAsync("Cards are declined.");
            await CheckedAsync(ada, "safety-glass");
            await view.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = "Break the glass for card-processor" }).ClickAsync();
            await Assertions.Expect(view.Locator("h1")).ToContainTextAsync("the glass is broken for 1 route or policy");
            await view.GetByRole(AriaRole.Button, new() { Name = "End it now" }).ClickAsync();
            await view.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = "End it now" }).ClickAsync();
            await Assertions.Expect(view.Locator("h1")).ToContainTextAsync("1 use of broken glass waits for a review");
            await Assertions.Expect(view.Locator("aside.panel")).ToContainTextAsync("You broke this glass");
        });

        await anna.CheckAsync("safety-phone", async view =>
        {
            await OpenAsync(view, "");
            await Assertions.Expect(view.Locator(".only-on-phone .count")).ToContainTextAsync("1");
            await view.GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
            await view.Locator("#more-pages a", new() { HasText = "Safety" }).ClickAsync();
            await view.Locator(".grants a.row-link").ClickAsync();
            await CheckedAsync(anna, "safety-phone-panel");
            await view.GetByRole(AriaRole.Button, new() { Name = "Close the review" }).ClickAsync();
            await view.GetByLabel("What you looked at, and what you found").FillAsync("Nothing was started.");
            await view.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = "Close the review" }).ClickAsync();
            await Assertions.Expect(view.Locator("aside.panel")).ToContainTextAsync("Reviewed by Anna");
            await OpenAsync(view, "safety");
            await CheckedAsync(anna, "safety-phone");
        });

        _violations.ShouldBeEmpty();
        ada.Errors.Concat(anna.Errors).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task WayToStrict_IsFollowedThroughAPlan_AndThePolicyIsTakenBackWhenAPlaintextCallerWakesUp()
    {
        using var scratch = ScratchFolder.Create("strict-pages");
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(scratch.Path, "console.db")}",
            ["Telemetry:RefreshInterval"] = "00:00:05",
        });
        await console.UntilReadyAsync();
        await using var browser = await Browser.StartAsync();
        await using var omar = await AsAsync(browser, console, "omar", 1440, 900, ColorScheme.Light);
        await using var anna = await AsAsync(browser, console, "anna", 390, 844, ColorScheme.Dark);
        string address = "";
        await omar.CheckAsync("strict-proposed", async view =>
        {
            await OpenAsync(view, "mtls/strict");
            await view.Locator(".strict-step[data-state=ready]").First.WaitForAsync(s_traffic);
            await CheckedAsync(omar, "strict-order");
            await OpenAsync(view, "mtls/strict?scope=payments%2Ftoken-vault");
            await view.GetByLabel("Soak", new() { Exact = true }).FillAsync("10 min");
            await view.GetByLabel("Reason", new() { Exact = true }).FillAsync("Nobody needs plaintext any more.");
            var request = view.GetByRole(AriaRole.Button, new() { Name = "Request approval from" });
            await Assertions.Expect(request).ToBeEnabledAsync(new() { Timeout = 30_000 });
            await view.Locator(".diff", new() { HasText = "STRICT" }).First.WaitForAsync();
            await CheckedAsync(omar, "strict-editor");
            await request.ClickAsync();
            address = new Uri(await ConsolePage.AddressAsync(view, url => url.Contains("/changes/", StringComparison.Ordinal))).PathAndQuery.TrimStart('/');
            await view.Locator(".change-head", new() { HasText = "PERMISSIVE" }).WaitForAsync();
            await CheckedAsync(omar, "strict-awaiting");
        });
        await anna.CheckAsync("strict-decided", async view =>
        {
            await OpenAsync(view, address);
            await view.GetByLabel("Comment (others read it later)").FillAsync("Readiness says so, and one refusal takes it back.");
            await CheckedAsync(anna, "strict-deciding-phone-dark");
            await view.GetByRole(AriaRole.Button, new() { Name = "Approve PERMISSIVE" }).ClickAsync();
            await view.Locator(".change-head", new() { HasText = "Approved" }).WaitForAsync();
        });
        await omar.CheckAsync("strict-rolled-back", async view =>
        {
            await view.GetByRole(AriaRole.Button, new() { Name = "Start stage 1" }).ClickAsync();
            await view.GetByRole(AriaRole.Button, new() { Name = "Start STRICT for" }).ClickAsync();
            await view.Locator(".writes", new() { HasText = "Applied" }).WaitForAsync();
            await view.Locator("[data-gate=plaintext-refused]", new() { HasText = "Passes" }).WaitForAsync(s_traffic);
            await CheckedAsync(omar, "strict-soaking");
            await view.GetByLabel("Scenario").SelectOptionAsync("plaintext-caller");
            await view.Locator(".change-head", new() { HasText = "Rolled back" }).WaitForAsync(s_traffic);
            await view.Locator("[data-gate=plaintext-refused]", new() { HasText = "matched no filter chain" }).WaitForAsync();
            (await view.Locator("main").InnerTextAsync()).ShouldNotContain("weights");
            await CheckedAsync(omar, "strict-rolled-back");
            await OpenAsync(view, "audit?action=change.write");
            await view.Locator("a.row-link").First.ClickAsync();
            await view.Locator("aside.panel").WaitForAsync();
            await CheckedAsync(omar, "strict-audit");
        });
        _violations.ShouldBeEmpty();
        omar.Errors.Concat(anna.Errors).ShouldBeEmpty();
    }

    private static async Task<ConsolePage> AsAsync(Browser browser, ConsoleProcess console, string persona, int width, int height, ColorScheme scheme)
    {
        var page = await browser.NewPageAsync(console.Address, width, height, scheme);
        await page.Page.Context.AddCookiesAsync([new Cookie { Name = "meshconsole-persona", Value = persona, Url = console.Address.AbsoluteUri, SameSite = SameSiteAttribute.Strict, HttpOnly = true }]);
        return page;
    }

    private static async Task OpenAsync(IPage view, string path)
    {
        await view.GotoAsync(path);
        await view.Locator("main h1, main h2").First.WaitForAsync();
        await view.Locator("nav.rail a[aria-current='page']").First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
    }

    /// <summary>Keeps a picture, and lets axe judge what is on it.</summary>
    private async Task CheckedAsync(ConsolePage page, string name)
    {
        await page.ScreenshotAsync(name, fullPage: true);
        _violations.AddRange((await page.AxeViolationsAsync()).Select(violation => $"{name}: {violation}"));
    }
}
