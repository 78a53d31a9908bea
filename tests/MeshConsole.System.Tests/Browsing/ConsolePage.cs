using System.Collections.Concurrent;
using System.Text;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.Browsing;

/// <summary>One page with what went wrong in it: errors of its console, failed requests, uncaught exceptions.</summary>
public sealed class ConsolePage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _errors = new();

    internal ConsolePage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                _errors.Enqueue($"{response.Status} {response.Request.Method} {response.Url}");
            }
        };
    }

    public IPage Page { get; }

    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>
    /// Waits until the address is so, and tells it: asked of the page itself, which knows of every step of its history, while
    /// Playwright hears of them later, and not of each.
    /// </summary>
    public static Task<string> AddressAsync(IPage view, Func<string, bool> isSo) =>
        Eventually.BecomesAsync("the address is the one expected", TimeSpan.FromSeconds(30), _ => view.EvaluateAsync<string>("() => location.href"), isSo);

    /// <summary>Runs a check; when it fails, leaves a screenshot, the page's markup and its errors among the evidence.</summary>
    public async Task CheckAsync(string name, Func<IPage, Task> check)
    {
        try
        {
            await check(Page);
        }
        catch
        {
            await SaveEvidenceAsync(name);
            throw;
        }
    }

    public async Task<string> ScreenshotAsync(string name, bool fullPage = false)
    {
        var path = Path.Combine(RepositoryPaths.Evidence, name + ".png");
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = fullPage, Timeout = 30_000 });
        return path;
    }

    /// <summary>Violations of WCAG 2 A and AA that axe finds, one line each with the elements; empty when there are none.</summary>
    public async Task<IReadOnlyList<string>> AxeViolationsAsync()
    {
        var result = await Page.RunAxe(new AxeRunOptions
        {
            RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
        });
        return
        [
            .. result.Violations.Select(violation =>
                $"{violation.Id} ({violation.Impact}): {violation.Help}: {string.Join(" | ", violation.Nodes.Take(5).Select(node => $"{node.Target} {Shorten(node.Html)}"))}"),
        ];
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private static string Shorten(string html) => html.Length <= 200 ? html : html[..200] + "…";

    private async Task SaveEvidenceAsync(string name)
    {
        try
        {
            await ScreenshotAsync(name);
            var text = new StringBuilder().AppendJoin('\n', _errors).Append('\n').Append(await Page.ContentAsync());
            await File.WriteAllTextAsync(Path.Combine(RepositoryPaths.Evidence, name + ".html"), text.ToString());
        }
        catch (PlaywrightException)
        {
            // The page is gone: the failure that led here says more.
        }
    }
}
