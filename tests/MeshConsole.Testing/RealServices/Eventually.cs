using System.Diagnostics;

namespace MeshConsole.Testing.RealServices;

/// <summary>Waits for something that other processes bring about, with a bound, and says what was last seen when it did not happen.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <returns>The first value for which <paramref name="holds"/> is true.</returns>
    public static async Task<T> BecomesAsync<T>(
        string what,
        TimeSpan within,
        Func<CancellationToken, Task<T>> read,
        Func<T, bool> holds,
        CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.StartNew();
        object? lastSeen = "nothing";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(within);
        while (true)
        {
            try
            {
                var value = await read(deadline.Token);
                lastSeen = value;
                if (holds(value))
                {
                    return value;
                }
            }
            catch (HttpRequestException refused)
            {
                lastSeen = refused.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The bound is checked below, with what was seen before.
            }

            if (started.Elapsed > within)
            {
                throw new TimeoutException($"Not within {within.TotalSeconds:0.#} s: {what}. Last seen: {Shorten(lastSeen)}");
            }

            await Task.Delay(s_pause, TimeProvider.System, cancellationToken);
        }
    }

    public static Task HoldsAsync(string what, TimeSpan within, Func<bool> holds, CancellationToken cancellationToken = default) =>
        BecomesAsync(what, within, _ => Task.FromResult(holds()), value => value, cancellationToken);

    private static string Shorten(object? value)
    {
        var text = value?.ToString() ?? "null";
        return text.Length <= 2_000 ? text : string.Concat(text.AsSpan(0, 2_000), " …");
    }
}
