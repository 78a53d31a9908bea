using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Triage;

/// <summary>What is wrong right now, for everybody who asks.</summary>
public interface ITriage
{
    TriageView Current { get; }

    /// <summary>Raised, from the loop's thread, when there is a newer view.</summary>
    event Action? Changed;
}

/// <summary>
/// Looks at the mesh whenever telemetry is new, and at least once per refresh, once for all users. What is usual is read from
/// history every ten minutes: the same queries over an hour that ended ten minutes ago, and over the hour around the same time
/// of the day before.
/// </summary>
public sealed partial class TriageLoop(
    IMeshSnapshots snapshots,
    IMeshViews views,
    Func<MeshHistory> history,
    TimelineRecorder timeline,
    CertificateThresholds thresholds,
    TimeSpan refresh,
    TimeProvider time,
    ILogger<TriageLoop> logger) : ITriage
{
    private const int ChangesShown = 200;

    private static readonly TimeSpan s_baselineWindow = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_baselineAgo = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_baselineEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly TriageEngine _engine = new();
    private volatile TriageView _current = TriageView.Empty;
    private TrafficBaseline _usual = TrafficBaseline.None;
    private TrafficBaseline _dayBefore = TrafficBaseline.None;
    private string? _noHistory = "What is usual has not been read yet: latency and traffic are not compared.";
    private string? _noDayBefore;
    private long? _baselineTried;

    public event Action? Changed;

    public TriageView Current => _current;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await snapshots.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        DateTimeOffset? telemetry = null;
        var lookedAt = time.GetTimestamp() - (long)(refresh.TotalSeconds * time.TimestampFrequency);
        while (!cancellationToken.IsCancellationRequested)
        {
            var snapshot = snapshots.Current;
            var newest = snapshot.Clusters.Max(c => c.Telemetry?.At);
            if (newest != telemetry || time.GetElapsedTime(lookedAt) >= refresh)
            {
                (telemetry, lookedAt) = (newest, time.GetTimestamp());
                await ReadUsualAsync(snapshot, cancellationToken).ConfigureAwait(false);
                Look(snapshot);
            }

            await Task.Delay(s_tick, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Look(MeshSnapshot snapshot)
    {
        try
        {
            var recent = timeline.Recent;
            var input = TriageInput.Of(snapshot, views, thresholds, _usual, recent) with { DayBefore = _dayBefore };
            var problems = _engine.Look(input);
            _current = new TriageView(time.GetUtcNow(), timeline.WatchedSince, problems, [.. recent.Take(ChangesShown)], [.. Notes(input)]);
            Changed?.Invoke();
        }
#pragma warning disable CA1031 // One look that fails must not end the looking.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.LookFailed(logger, exception);
        }
    }

    private IEnumerable<string> Notes(TriageInput input)
    {
        foreach (var cluster in input.Snapshot.Clusters.Where(c => !input.Current.Contains(c.Name)))
        {
            yield return $"Prometheus of cluster {cluster.Name} is silent: its traffic is not judged.";
        }

        foreach (var note in new[] { _noHistory, _noDayBefore }.OfType<string>())
        {
            yield return note;
        }
    }

    private async Task ReadUsualAsync(MeshSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (_baselineTried is { } tried && time.GetElapsedTime(tried) < s_baselineEvery)
        {
            return;
        }

        _baselineTried = time.GetTimestamp();
        var at = time.GetUtcNow() - s_baselineAgo;
        try
        {
            var then = await history().AtAsync(snapshot, null, at, s_baselineWindow, cancellationToken).ConfigureAwait(false);
            if (then.Clusters.All(c => c.Edges.IsEmpty))
            {
                _noHistory = "Prometheus knows no traffic of the hour before: latency, traffic and plaintext are not compared with it.";
                return;
            }

            (_usual, _noHistory) = (TrafficBaseline.Of(then, at), null);
        }
        catch (PrometheusException exception)
        {
            // The last one that was read stays; what has none is not judged, and that is said.
            _noHistory = _usual.IsKnown
                ? $"What is usual is that of {_usual.At!.Value.UtcDateTime:HH:mm} UTC: Prometheus did not answer for a newer hour."
                : $"What is usual is not known: {exception.Message}";
            Log.NoHistory(logger, exception);
            return;
        }

        await ReadDayBeforeAsync(snapshot, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A Prometheus that is younger, or keeps less, has no day before, and the hour before tells what is new.</summary>
    private async Task ReadDayBeforeAsync(MeshSnapshot snapshot, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow() - s_day + (s_baselineWindow / 2);
        try
        {
            var then = await history().AtAsync(snapshot, null, at, s_baselineWindow, cancellationToken).ConfigureAwait(false);
            (_dayBefore, _noDayBefore) = (then.Clusters.All(c => c.Edges.IsEmpty) ? TrafficBaseline.None : TrafficBaseline.Of(then, at), null);
        }
        catch (PrometheusException exception)
        {
            // What was read ten minutes ago is of another time of the day.
            (_dayBefore, _noDayBefore) = (TrafficBaseline.None, $"The day before could not be read, and latency is compared with the hour before only: {exception.Message}");
            Log.NoHistory(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2311, LogLevel.Error, "A look at what is wrong failed; the one before stays")]
        public static partial void LookFailed(ILogger logger, Exception exception);

        [LoggerMessage(2312, LogLevel.Warning, "What traffic usually is could not be read")]
        public static partial void NoHistory(ILogger logger, Exception exception);
    }
}
