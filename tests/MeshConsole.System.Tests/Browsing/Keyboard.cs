using System.Text.Json;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.Browsing;

/// <summary>A reader without a mouse: every press is followed by the question where the focus is, and whether one sees it.</summary>
internal sealed class Keyboard(IPage page)
{
    /// <summary>
    /// Looks at the focused element as the reader does: is it on the screen and not covered, and does an outline (its own, or
    /// that of what stands for it) tell it from the others? In the only field of an open dialog the caret is enough.
    /// </summary>
    private const string Look = """
        () => {
          const at = document.activeElement;
          if (!at || at === document.body || at === document.documentElement) return { name: 'nothing', problem: 'the focus is nowhere' };
          const name = `${at.tagName.toLowerCase()}${at.id ? '#' + at.id : ''}${at.className && at.className.split ? '.' + at.className.split(' ').join('.') : ''} "${(at.getAttribute('aria-label') ?? at.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}"`;
          const box = at.getBoundingClientRect();
          const [left, top, right, bottom] = [Math.max(box.left, 0), Math.max(box.top, 0), Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
          if (right - left < 4 || bottom - top < 4) return { name, problem: `it is not on the screen (${Math.round(box.left)},${Math.round(box.top)} to ${Math.round(box.right)},${Math.round(box.bottom)})` };
          const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          if (over && !at.contains(over) && !over.contains(at)) return { name, problem: `it is covered by ${over.tagName.toLowerCase()}.${over.className}` };
          const marked = [null, '::before', '::after'].some(part => {
            const style = getComputedStyle(at, part);
            if (part && style.content === 'none') return false;
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 && !/rgba\(.*, 0\)|transparent/.test(style.outlineColor);
          });
          const caret = at.matches('dialog[open] input[type=search]') && document.querySelectorAll('dialog[open] input').length === 1 && !at.readOnly && !/rgba\(.*, 0\)/.test(getComputedStyle(at).caretColor);
          // Within a field of date and time the browser marks the part that has the focus, and no style tells of it.
          const parts = at.matches('input[type=datetime-local]');
          return { name, problem: marked || caret || parts ? null : 'nothing marks it as focused' };
        }
        """;

    private const string Name = """
        () => {
          const at = document.activeElement;
          if (!at || at === document.body || at.id === 'main') return '';
          return (at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent ?? '').trim().replace(/\s+/g, ' ');
        }
        """;

    private readonly IPage _page = page;

    /// <summary>What had the focus after each press, for the message of a failure.</summary>
    private readonly List<string> _trail = [];

    internal string Trail => string.Join("\n", _trail.TakeLast(40));

    /// <summary>Presses a key and lets the page answer.</summary>
    internal async Task PressAsync(string key)
    {
        await _page.Keyboard.PressAsync(key);
        await LookAsync(key);
    }

    internal async Task TypeAsync(string text)
    {
        await _page.Keyboard.TypeAsync(text);
        await LookAsync($"'{text}'");
    }

    /// <summary>Presses Tab (or Shift+Tab) until the element has the focus; each stop on the way is looked at.</summary>
    internal async Task TabToAsync(string selector, bool backwards = false, int atMost = 60)
    {
        for (var presses = 0; presses < atMost; presses++)
        {
            if (await IsAtAsync(selector))
            {
                return;
            }

            await PressAsync(backwards ? "Shift+Tab" : "Tab");
        }

        throw new TimeoutException($"{selector} was not reached by {atMost} presses of Tab.\n{Trail}");
    }

    /// <summary>Presses Tab (or Shift+Tab) until what has the focus is called so, or begins so: the name a screen reader says.</summary>
    internal async Task TabToNamedAsync(string name, bool backwards = false, int atMost = 100)
    {
        for (var presses = 0; presses < atMost; presses++)
        {
            if ((await _page.EvaluateAsync<string>(Name)).StartsWith(name, StringComparison.Ordinal))
            {
                return;
            }

            // Behind the last stop of a page comes the browser, and then the first.
            await _page.Keyboard.PressAsync(backwards ? "Shift+Tab" : "Tab");
            if (await _page.EvaluateAsync<bool>("() => document.activeElement !== document.body"))
            {
                await LookAsync("Tab");
            }
        }

        throw new TimeoutException($"'{name}' was not reached by {atMost} presses of Tab.\n{Trail}");
    }

    /// <summary>Waits until the element has the focus, and one sees it.</summary>
    internal async Task AtAsync(string selector)
    {
        try
        {
            await Assertions.Expect(_page.Locator($"{selector}:focus")).ToHaveCountAsync(1, new LocatorAssertionsToHaveCountOptions { Timeout = 15_000 });
        }
        catch (PlaywrightException missed)
        {
            await LookAsync("(waiting)");
            throw new TimeoutException($"The focus is not at {selector}.\n{Trail}", missed);
        }

        await LookAsync($"(at {selector})");
    }

    internal Task<bool> IsAtAsync(string selector) => _page.EvaluateAsync<bool>("selector => document.activeElement?.matches(selector) ?? false", selector);

    private async Task LookAsync(string after)
    {
        // What a press brings about on the server may move the focus a moment later: a focus in between is not held against it.
        var seen = default(JsonElement);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            seen = await _page.EvaluateAsync<JsonElement>(Look);
            if (Problem(seen) is null)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        _trail.Add($"{after}: {seen.GetProperty("name").GetString()}");
        Problem(seen).ShouldBeNull(Trail);
    }

    private static string? Problem(JsonElement seen) => seen.GetProperty("problem").GetString();
}
