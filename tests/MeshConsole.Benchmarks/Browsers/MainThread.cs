using System.Text.Json;
using Microsoft.Playwright;

namespace MeshConsole.Benchmarks.Browsers;

/// <summary>
/// What the main thread of a page does, by the browser's own trace. Times are processor time of that thread, so that whatever
/// else runs on the machine does not count; beside the longest task stands what the clock said.
/// </summary>
internal sealed class MainThread
{
    private readonly ICDPSession _devTools;
    private readonly List<JsonElement> _events = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MainThread(ICDPSession devTools)
    {
        _devTools = devTools;
        devTools.Event("Tracing.dataCollected").OnEvent += (_, data) => _events.AddRange(data!.Value.GetProperty("value").EnumerateArray());
        devTools.Event("Tracing.tracingComplete").OnEvent += (_, _) => _complete.TrySetResult();
    }

    public static async Task<MainThread> WatchAsync(IPage page)
    {
        var thread = new MainThread(await page.Context.NewCDPSessionAsync(page));
        await thread._devTools.SendAsync("Tracing.start", new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["categories"] = "-*,toplevel,devtools.timeline",
            ["transferMode"] = "ReportEvents",
        });
        return thread;
    }

    /// <summary>Everything since it was watched.</summary>
    public async Task<Work> StopAsync(CancellationToken cancellationToken)
    {
        await _devTools.SendAsync("Tracing.end");
        await _complete.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, cancellationToken);
        await _devTools.DetachAsync();

        // Pages of other processes have a main thread too: the one that is measured is the one that works.
        var mains = _events.Where(one => Text(one, "name") == "thread_name" && one.GetProperty("args").GetProperty("name").GetString() == "CrRendererMain").Select(Thread).ToHashSet();
        var threads = _events.Where(one => Text(one, "ph") == "X" && mains.Contains(Thread(one)) && one.TryGetProperty("tdur", out _)).GroupBy(Thread)
            .Select(group => group.Select(Span.Of).ToArray())
            .Select(spans => (Tasks: spans.Where(span => span.Name.EndsWith("RunTask", StringComparison.Ordinal)).ToArray(), Frames: spans.Where(span => span.Name == "FireAnimationFrame").ToArray()))
            .OrderByDescending(spans => spans.Tasks.Sum(task => task.Processor))
            .ToArray();
        if (threads.Length == 0 || threads[0].Tasks.Length == 0)
        {
            throw new InvalidOperationException("The browser's trace has no task of a page: its names changed, or nothing ran.");
        }

        var (tasks, frames) = threads[0];
        var begins = frames.Select(frame => frame.Begin).Order().ToArray();
        var drawing = tasks.Where(task => Array.BinarySearch(begins, task.Begin) is var at && (at >= 0 || (~at < begins.Length && begins[~at] < task.Begin + task.Clock)));
        return new Work(tasks, [.. drawing.Select(task => task.Processor / 1000)]);
    }

    private static (int, int) Thread(JsonElement one) => (one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32());

    private static string? Text(JsonElement one, string name) => one.GetProperty(name).GetString();
}

/// <summary>A stretch of a trace.</summary>
/// <param name="Name">What the browser calls it.</param>
/// <param name="Begin">In microseconds of the trace.</param>
/// <param name="Processor">Microseconds of processor time.</param>
/// <param name="Clock">Microseconds by the clock.</param>
internal readonly record struct Span(string Name, double Begin, double Processor, double Clock)
{
    public static Span Of(JsonElement one) =>
        new(one.GetProperty("name").GetString()!, one.GetProperty("ts").GetDouble(), one.GetProperty("tdur").GetDouble(), one.GetProperty("dur").GetDouble());
}

/// <summary>What a thread did.</summary>
/// <param name="Tasks">Its tasks, none within another.</param>
/// <param name="Frames">Milliseconds of processor time of each task that drew a frame.</param>
internal sealed record Work(IReadOnlyList<Span> Tasks, IReadOnlyList<double> Frames)
{
    /// <summary>Milliseconds of processor time.</summary>
    public double Total => Tasks.Sum(task => task.Processor) / 1000;

    /// <summary>Seconds by the clock between the first task and the last.</summary>
    public double Seconds => (Tasks.Max(task => task.Begin) - Tasks.Min(task => task.Begin)) / 1e6;

    public string Longest
    {
        get
        {
            var longest = Tasks.MaxBy(task => task.Processor);
            return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{longest.Processor / 1000:F0} ms of processor time ({longest.Clock / 1000:F0} ms by the clock)");
        }
    }

    public double Frame(double share) => Frames.Count == 0 ? 0 : Row.Percentile(Frames, share);
}
