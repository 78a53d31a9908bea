namespace MeshConsole.System.Tests.Browsing;

public sealed class BrowserTests
{
    [SkippableFact]
    public async Task Page_WithFaults_ShowsThemToTheTest()
    {
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(new Uri("http://127.0.0.1:9/"));
        await page.Page.SetContentAsync("<html lang=en><title>t</title><main><h1>Mesh</h1><img src='data:,'><script>console.error('broken'); throw new Error('thrown')</script></main></html>");

        (await page.Page.TitleAsync()).ShouldBe("t");
        page.Errors.ShouldContain("broken");
        page.Errors.ShouldContain(error => error.Contains("thrown", StringComparison.Ordinal));
        (await page.AxeViolationsAsync()).ShouldHaveSingleItem().ShouldStartWith("image-alt (critical)");
        new FileInfo(await page.ScreenshotAsync("rig-browser")).Length.ShouldBeGreaterThan(1_000);
    }
}
