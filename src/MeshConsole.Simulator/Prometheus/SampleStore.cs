using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// The samples of all series, in memory. One thread appends at a time (calls are serialised), any number read without a lock:
/// what a reader sees of a series is a prefix of its samples.
/// </summary>
public sealed class SampleStore
{
    private readonly Lock _writing = new();
    private readonly long _retentionMs;
    private readonly ScrapeTimeline _timeline = new();
    private readonly ConcurrentDictionary<LabelSet, Series> _byLabels = new();
    private readonly ConcurrentDictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private LabelIndex _index = new();
    private readonly ConcurrentDictionary<string, string> _strings = new(StringComparer.Ordinal);
    private long _newestMs = long.MinValue;
    private long _lastDropMs = long.MinValue;

    /// <param name="retention">How long samples are kept, counted from the newest one; null keeps everything. Samples leave in blocks, so somewhat more is kept.</param>
    public SampleStore(TimeSpan? retention = null) => _retentionMs = retention is { } limit ? (long)limit.TotalMilliseconds : long.MaxValue;

    /// <summary>The time of the newest sample in Unix milliseconds; null when there is none.</summary>
    public long? NewestMs => Volatile.Read(ref _newestMs) is > long.MinValue and var newest ? newest : null;

    public int SeriesCount => Volatile.Read(ref _index).SeriesCount;

    public IReadOnlyDictionary<string, MetricMetadata> Metadata => _metadata;

    internal LabelIndex Index => Volatile.Read(ref _index);

    /// <summary>What /api/v1/metadata says about a metric family.</summary>
    public void Describe(string family, MetricMetadata metadata) => _metadata[family] = metadata;

    /// <summary>The series of these labels. Hold on to it: appending through it saves the look-up.</summary>
    public Series GetOrAdd(LabelSet labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (_byLabels.TryGetValue(labels, out var known)) return known;
        lock (_writing)
        {
            if (_byLabels.TryGetValue(labels, out known)) return known;
            var series = new Series(Interned(labels));
            _index.Add(series);
            _byLabels[series.Labels] = series;
            return series;
        }
    }

    /// <summary>Appends one sample.</summary>
    /// <param name="timestampMs">Unix milliseconds, later than the series' last sample.</param>
    /// <exception cref="ArgumentException">The time is not later than the last sample's.</exception>
    public void Append(Series series, long timestampMs, double value) => Append([series], [value], timestampMs);

    /// <summary>Appends one scrape: a value for each series at one timestamp. A value may be <see cref="StaleMarker.Value"/>.</summary>
    /// <param name="timeline">The group of targets that share their scrape times; null for the store's one. Groups with different times should each have one.</param>
    /// <exception cref="ArgumentException">The spans differ in length, or a time is not later than that of the series' last sample (the samples before it are kept).</exception>
    [MethodImpl(Hot.FromTheStart)]
    public void Append(ReadOnlySpan<Series> series, ReadOnlySpan<double> values, long timestampMs, ScrapeTimeline? timeline = null)
    {
        if (series.Length != values.Length) throw new ArgumentException("There must be one value for each series.", nameof(values));
        lock (_writing)
        {
            var line = timeline ?? _timeline;
            for (var i = 0; i < series.Length; i++)
            {
                var one = series[i];
                if (!one.Indexed)
                {
                    if (!_byLabels.TryAdd(one.Labels, one))
                        throw new ArgumentException($"The series {one.Labels} has left the store and another has its labels: ask for it again.", nameof(series));
                    _index.Add(one);
                }

                one.Append(timestampMs, values[i], line);
            }

            if (timestampMs <= _newestMs) return;
            Volatile.Write(ref _newestMs, timestampMs);
            DropOld();
        }
    }

    /// <summary>Says that a series ended: from this time on instant queries do not see it. Does nothing when it has ended already.</summary>
    public void MarkStale(Series series, long timestampMs)
    {
        ArgumentNullException.ThrowIfNull(series);
        lock (_writing)
        {
            if (series.Newest is { } last && !StaleMarker.Is(last.Value)) Append(series, timestampMs, StaleMarker.Value);
        }
    }

    /// <summary>The series that all matchers match and that may have samples from <paramref name="minMs"/> to <paramref name="maxMs"/>, in the order in which they were first seen.</summary>
    public IReadOnlyList<Series> Select(IReadOnlyList<LabelMatcher> matchers, long minMs, long maxMs)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        return Index.Select(matchers, minMs, maxMs);
    }

    private void DropOld()
    {
        if (_retentionMs == long.MaxValue) return;
        if (_lastDropMs == long.MinValue) _lastDropMs = _newestMs;
        if (_newestMs - _lastDropMs < Math.Max(_retentionMs / 24, 10_000)) return;
        _lastDropMs = _newestMs;
        var before = _newestMs - _retentionMs;
        var gone = new HashSet<Series>();
        foreach (var series in _index.All())
        {
            // A series that was only just registered has no samples yet and stays.
            if (series.IsSpent || (series.Newest is not null && series.DropBefore(before))) gone.Add(series);
        }

        // Empty series are found by no query; they leave the index when it is worth building a new one.
        if (gone.Count * 8 < _index.SeriesCount) return;
        foreach (var series in gone) _byLabels.TryRemove(series.Labels, out _);
        Volatile.Write(ref _index, _index.Rebuilt(gone));
        _strings.Clear();
        foreach (var series in _index.All())
            foreach (var value in series.Labels.Values) _strings.TryAdd(value, value);
    }

    /// <summary>The same labels with one string per distinct value in the whole store: less memory, and equal values are found equal at once.</summary>
    private LabelSet Interned(LabelSet labels)
    {
        var values = new string[labels.Count];
        for (var i = 0; i < values.Length; i++) values[i] = _strings.GetOrAdd(labels.Values[i], labels.Values[i]);
        return new LabelSet(labels.Names, values);
    }
}
