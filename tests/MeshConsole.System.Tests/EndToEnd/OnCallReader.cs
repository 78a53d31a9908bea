using MeshConsole.System.Tests.Browsing;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>Somebody on call at the console with a keyboard and nothing else.</summary>
internal sealed class OnCallReader(IPage view)
{
    /// <summary>Counts what only a mouse or a finger sends; a click that a key brought about is not among it.</summary>
    private const string CountPointers = """
        for (const kind of ['pointerdown', 'mousedown', 'wheel', 'touchstart'])
          addEventListener(kind, event => { if (event.isTrusted) sessionStorage.setItem('pointers', `${sessionStorage.getItem('pointers') ?? ''} ${kind}`); }, { capture: true, passive: true });
        """;

    public IPage View { get; } = view;

    public Keyboard Keyboard { get; } = new(view);

    /// <summary>Opens the console once, does the task, and sees that no pointer was used and nothing went wrong on the way.</summary>
    public static async Task DoAsync(OnCallDemo demo, string name, Func<OnCallReader, Task> task)
    {
        await using var page = await demo.OpenAsync();
        await page.Page.AddInitScriptAsync(CountPointers);
        await page.CheckAsync($"on-call-{name}", async view =>
        {
            await view.GotoAsync("");
            var reader = new OnCallReader(view);
            await reader.LoadedAsync();
            await task(reader);
            (await view.EvaluateAsync<string?>("() => sessionStorage.getItem('pointers')")).ShouldBeNull();
            page.Errors.ShouldBeEmpty();
        });
    }

    /// <summary>g and the letter of a page; the next Tab is in that page.</summary>
    public async Task GoAsync(string letter)
    {
        await View.Keyboard.PressAsync("g");
        await View.Keyboard.PressAsync(letter);
        await Assertions.Expect(View.Locator($"nav.rail a[data-go='{letter}'][aria-current='page']")).ToHaveCountAsync(1);
        await Keyboard.AtAsync("main#main");
    }

    public async Task GoToTheGraphAsync()
    {
        await GoAsync("t");
        await View.Locator(".graph[data-revision]:not([data-arranging])").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
    }

    /// <summary>Tab to what is called so, and Enter.</summary>
    public async Task ChooseAsync(string name, bool backwards = false)
    {
        await Keyboard.TabToNamedAsync(name, backwards);
        await View.Keyboard.PressAsync("Enter");
    }

    /// <summary>Walks to a row of the page's table, counted from one, and opens it.</summary>
    public async Task OpenRowAsync(int row)
    {
        await View.Locator("main [data-row]").Nth(row - 1).WaitForAsync();
        for (var step = 0; step < row; step++)
        {
            await Keyboard.PressAsync("j");
        }

        await View.Keyboard.PressAsync("Enter");
    }

    public async Task WriteAsync(string field, string text)
    {
        await Keyboard.TabToNamedAsync(field);
        await Keyboard.PressAsync("Control+a");
        await Keyboard.TypeAsync(text);
    }

    /// <summary>Writes into the field that a button has opened and given the focus.</summary>
    public async Task WriteHereAsync(string text)
    {
        await Keyboard.AtAsync("textarea");
        await Keyboard.TypeAsync(text);
    }

    /// <summary>Becomes another person of the demo.</summary>
    public async Task BecomeAsync(string who)
    {
        await ChooseAsync("You are");
        await ChooseAsync(who);
        await View.Locator($"[popovertarget='who-menu'][aria-label^='You are {who}']").WaitForAsync();
        await LoadedAsync();
    }

    /// <summary>Waits until the address is so.</summary>
    public Task AddressAsync(Func<string, bool> isSo) => ConsolePage.AddressAsync(View, isSo);

    /// <summary>Waits until an element shows a text.</summary>
    public Task ShowsAsync(string selector, string text, int seconds = 15) =>
        Assertions.Expect(View.Locator(selector).First).ToContainTextAsync(text, new LocatorAssertionsToContainTextOptions { Timeout = seconds * 1000 });

    private async Task LoadedAsync()
    {
        await View.Locator("main h1").First.WaitForAsync();
        await View.Locator("[data-theme-choice='system'][aria-checked='true']").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
    }
}
