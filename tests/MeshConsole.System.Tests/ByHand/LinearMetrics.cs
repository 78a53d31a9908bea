using System.Globalization;
using System.Text;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeshConsole.System.Tests.ByHand;

/// <summary>
/// A metrics endpoint whose counters grow by exactly so much per second: a rate over any window is that number, and every
/// figure the console derives can be worked out on paper. Each sample states its own time, so that no jitter of a scrape is
/// in it. <see cref="History"/> gives the same counters for the time before Prometheus began to scrape.
/// </summary>
internal sealed class LinearMetrics : IAsyncDisposable
{
    internal const string JobName = "linear";

    private readonly List<(string Name, string Labels, double PerSecond)> _counters = [];
    private readonly List<(string Name, string Labels, double Value)> _gauges = [];
    private readonly DateTimeOffset _origin = TimeProvider.System.GetUtcNow().AddDays(-10);
    private WebApplication? _application;

    internal Uri Address { get; private set; } = new("http://127.0.0.1:0/metrics");

    /// <summary>How Prometheus is to scrape it.</summary>
    internal string ScrapeConfig => RealPrometheus.Job(JobName, Address, TimeSpan.FromSeconds(1), timestamps: true);

    /// <param name="labels">As in the exposition format, e.g. <c>a="1",b="2"</c>.</param>
    internal void Counter(string name, string labels, double perSecond) => _counters.Add((name, labels, perSecond));

    internal void Gauge(string name, string labels, double value) => _gauges.Add((name, labels, value));

    /// <summary>A histogram whose buckets (not cumulative, in the order of <paramref name="bounds"/>, the last one is +Inf) each grow by so much per second.</summary>
    internal void Histogram(string name, string labels, IReadOnlyList<double> bounds, IReadOnlyList<double> perSecond, double sumPerSecond)
    {
        var cumulative = 0.0;
        for (var index = 0; index <= bounds.Count; index++)
        {
            cumulative += perSecond[index];
            var bound = index == bounds.Count ? "+Inf" : bounds[index].ToString(CultureInfo.InvariantCulture);
            Counter(name + "_bucket", $"{labels},le=\"{bound}\"", cumulative);
        }

        Counter(name + "_count", labels, cumulative);
        Counter(name + "_sum", labels, sumPerSecond);
    }

    /// <summary>
    /// OpenMetrics text of the last <paramref name="length"/>, one sample each <paramref name="step"/>, with the labels that
    /// scraping will give: one series, not two. Ask after <see cref="StartAsync"/>.
    /// </summary>
    internal string History(TimeSpan length, TimeSpan step)
    {
        var text = new StringBuilder();
        var target = $"instance=\"{Address.Authority}\",job=\"{JobName}\"";
        var now = Milliseconds(TimeProvider.System.GetUtcNow());
        var times = new List<long>();
        for (var time = now - (long)length.TotalMilliseconds; time < now; time += (long)step.TotalMilliseconds)
        {
            times.Add(time);
        }

        // Samples of one metric must stand together.
        foreach (var metric in _counters.GroupBy(counter => counter.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {metric.Key} unknown\n");
            foreach (var (name, labels, perSecond) in metric)
            {
                foreach (var time in times)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels},{target}}} {ValueAt(perSecond, time):R} {time / 1000}.{time % 1000:000}\n");
                }
            }
        }

        return text.Append("# EOF\n").ToString();
    }

    internal async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.MapGet("/metrics", () => Results.Text(Exposition(), "text/plain; version=0.0.4"));
        await _application.StartAsync();
        Address = new Uri(new Uri(_application.Urls.First()), "metrics");
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is { } application)
        {
            await application.DisposeAsync();
        }
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private string Exposition()
    {
        var now = Milliseconds(TimeProvider.System.GetUtcNow());
        var text = new StringBuilder();
        foreach (var metric in _counters.GroupBy(counter => counter.Name, StringComparer.Ordinal))
        {
            foreach (var (name, labels, perSecond) in metric)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {ValueAt(perSecond, now):R} {now}\n");
            }
        }

        foreach (var (name, labels, value) in _gauges)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value:R} {now}\n");
        }

        return text.ToString();
    }

    private double ValueAt(double perSecond, long milliseconds) => perSecond * ((milliseconds - Milliseconds(_origin)) / 1000.0);
}
