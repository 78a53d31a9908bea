using System.Text.RegularExpressions;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>From a problem of the embedded mesh to the report of its incident, by keyboard alone.</summary>
public sealed partial class IncidentPagesTests
{
    private readonly List<string> _violations = [];

    [SkippableFact]
    public async Task Problem_IsKeptNotedAndReportedByKeyboard_AndSomebodyElseReadsTheNote()
    {
        Requires.Chromium();
        using var scratch = ScratchFolder.Create("incident-pages");
        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Demo"] = "true",
            ["Storage:ConnectionString"] = $"Data Source={Path.Combine(scratch.Path, "console.db")}",
            ["Telemetry:RefreshInterval"] = "00:00:05",
            ["Telemetry:RateWindow"] = "00:00:30",
            ["Links:0:Name"] = "Logs",
            ["Links:0:Kind"] = "Logs",
            ["Links:0:For"] = "Problem",
            ["Links:0:Url"] = "https://logs.example/?app={workload}",
        });
        await console.UntilReadyAsync();
        await DemoScenario.SwitchAsync(console, "provider-failing");

        await using var browser = await Browser.StartAsync();
        await using var omar = await AsAsync(browser, console, "omar", 1440, 900, ColorScheme.Light);
        await using var vera = await AsAsync(browser, console, "vera", 390, 844, ColorScheme.Dark);
        var address = "";
        await omar.CheckAsync("incident-kept", async view =>
        {
            await view.GotoAsync("incidents");
            await view.Locator(".problem-title", new() { HasText = "card-processor-v2" }).First.WaitForAsync(new LocatorWaitForOptions { Timeout = 120_000 });
            await CheckedAsync(omar, "incidents-none-kept");
            var keyboard = new Keyboard(view);
            await keyboard.TabToAsync("main .problem-title");
            await keyboard.PressAsync("Enter");
            await keyboard.AtAsync("aside.panel");
            (await view.Locator("aside.panel .outward a").GetAttributeAsync("href")).ShouldBe("https://logs.example/?app=card-processor-v2");
            await keyboard.TabToAsync("aside.panel a[href^='incidents/new']");
            await view.Keyboard.PressAsync("Enter");
            await ConsolePage.AddressAsync(view, url => url.Contains("/incidents/new", StringComparison.Ordinal));
            await Assertions.Expect(view.Locator("main input[type=checkbox]").First).ToBeCheckedAsync();
            await CheckedAsync(omar, "incident-new");
            await keyboard.TabToAsync("main form input.input");
            await keyboard.TypeAsync("Card payments fail");
            await view.Keyboard.PressAsync("Enter");
            address = new Uri(await ConsolePage.AddressAsync(view, url => IncidentAddress().IsMatch(url))).AbsolutePath.TrimStart('/');
            await Assertions.Expect(view.Locator("main h1")).ToHaveTextAsync("Card payments fail");
            await Assertions.Expect(view.Locator(".blast-cause")).ToHaveCountAsync(1);
            await Assertions.Expect(view.Locator(".report-line")).ToHaveCountAsync(3);

            await keyboard.TabToAsync(".note-form textarea");
            await keyboard.TypeAsync("Merchants call: <b>cards</b> of the new provider fail.");
            await keyboard.TabToAsync(".note-form button[type=submit]");
            await keyboard.PressAsync("Enter");
            await keyboard.AtAsync(".note-form textarea");
            await Assertions.Expect(view.Locator(".note-words").First).ToHaveTextAsync("Merchants call: <b>cards</b> of the new provider fail.");
            await CheckedAsync(omar, "incident-open");
            omar.Errors.ShouldBeEmpty();
        });

        await vera.CheckAsync("incident-read", async view =>
        {
            await view.GotoAsync(address);
            await Assertions.Expect(view.Locator(".note-words").First).ToContainTextAsync("Merchants call");
            await Assertions.Expect(view.Locator(".note-form textarea")).ToBeDisabledAsync();
            (await view.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0);
            await CheckedAsync(vera, "incident-read-phone");
        });

        await omar.CheckAsync("incident-report", async view =>
        {
            var keyboard = new Keyboard(view);
            await keyboard.TabToAsync(".incident-actions a[target=_blank]", backwards: true);
            var report = await view.Context.RunAndWaitForPageAsync(() => view.Keyboard.PressAsync("Enter"));
            await report.Locator("h1", new() { HasText = "Card payments fail" }).WaitForAsync();
            (await report.Locator("svg").CountAsync()).ShouldBe(4);
            await Assertions.Expect(report.Locator(".note .words")).ToHaveTextAsync("Merchants call: <b>cards</b> of the new provider fail.");
            var pdf = await report.PdfAsync(new PagePdfOptions { PreferCSSPageSize = true, PrintBackground = true });
            A4().IsMatch(global::System.Text.Encoding.Latin1.GetString(pdf)).ShouldBeTrue("it prints on A4");
            await report.CloseAsync();

            await keyboard.TabToAsync(".incident-actions button", backwards: true);
            await keyboard.PressAsync("Enter");
            await keyboard.AtAsync(".confirm textarea");
            await keyboard.TypeAsync("All traffic back to the old provider.");
            await keyboard.TabToAsync(".confirm button.button-primary");
            await keyboard.PressAsync("Enter");
            await Assertions.Expect(view.Locator(".incident-head .mark")).ToContainTextAsync("Closed");
            await CheckedAsync(omar, "incident-closed");
        });
        _violations.ShouldBeEmpty();
    }

    private static async Task<ConsolePage> AsAsync(Browser browser, ConsoleProcess console, string persona, int width, int height, ColorScheme scheme)
    {
        var page = await browser.NewPageAsync(console.Address, width, height, scheme);
        await page.Page.Context.AddCookiesAsync([new Cookie { Name = "meshconsole-persona", Value = persona, Url = console.Address.AbsoluteUri, SameSite = SameSiteAttribute.Strict, HttpOnly = true }]);
        return page;
    }

    /// <summary>Keeps a picture, and lets axe judge what is on it.</summary>
    private async Task CheckedAsync(ConsolePage page, string name)
    {
        await page.ScreenshotAsync(name, fullPage: true);
        _violations.AddRange((await page.AxeViolationsAsync()).Select(violation => $"{name}: {violation}"));
    }

    [GeneratedRegex("/incidents/[0-9a-f]{32}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IncidentAddress();

    [GeneratedRegex(@"/MediaBox\s*\[\s*0 0 59[45][.0-9]* 84[12][.0-9]*\s*\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex A4();
}
