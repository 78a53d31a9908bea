using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>The Chromium of this machine.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <param name="renderers">Most processes that draw pages; pages beyond share them.</param>
    public static async Task<Chromium> StartAsync(int renderers)
    {
        var executable = ToolLocator.Chromium ?? throw new InvalidOperationException("There is no Chromium on this machine: install it or name it in MESHCONSOLE_CHROMIUM.");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = executable,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", $"--renderer-process-limit={renderers}"],
            Timeout = 60_000,
        });
        return new Chromium(playwright, browser);
    }

    /// <summary>A page of its own context: no cookies, no storage, no cache of others.</summary>
    public async Task<IPage> NewPageAsync(string? script = null)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1440, Height = 900 }, Locale = "en-GB" });
        context.SetDefaultTimeout(60_000);
        if (script is not null)
        {
            await context.AddInitScriptAsync(script);
        }

        return await context.NewPageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
