using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// Histograms of request durations per hop and reporter. Buckets are kept flat while they come in and become histograms
/// once at the end; histograms with the same bounds share them.
/// </summary>
internal sealed class HopHistograms(SymbolTable symbols, bool severalClusters, int expectedSeries) : TelemetryAnswer(symbols)
{
    private readonly HopColumns _hop = new(symbols, "le");
    private readonly Dictionary<int, double> _bounds = [];
    private List<Bucket> _buckets = new(expectedSeries);
    private Dictionary<(HopKey Key, Reporter Reporter), int> _index = [];
    private Histogram?[] _histograms = [];
    private (HopKey Key, Reporter Reporter) _lastKey;
    private int _lastIndex = -1;

    public override LabelColumns Columns => _hop.Labels;

    public bool SplitByCluster => severalClusters;

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        if (_hop.Reporter(labels) is not { } reporter)
        {
            return;
        }

        var key = (_hop.Http(labels), reporter);
        if (_lastIndex < 0 || key != _lastKey)
        {
            ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_index, key, out var known);
            index = known ? index : _index.Count - 1;
            _lastIndex = index;
            _lastKey = key;
        }

        var symbol = labels[HopColumns.Shared];
        ref var bound = ref CollectionsMarshal.GetValueRefOrAddDefault(_bounds, symbol, out var seen);
        if (!seen)
        {
            // Prometheus spells the same bound as 1, 1.0 or 1e+00; as a number it is one bucket.
            bound = Bound(Symbols[symbol]);
        }

        _buckets.Add(new Bucket(_lastIndex, bound, points[^1].Value));
    }

    public override void Complete()
    {
        _histograms = new Histogram?[_index.Count];
        var starts = new int[_index.Count + 1];
        foreach (ref readonly var bucket in CollectionsMarshal.AsSpan(_buckets))
        {
            starts[bucket.Histogram + 1]++;
        }

        for (var i = 0; i < _index.Count; i++)
        {
            starts[i + 1] += starts[i];
        }

        var pool = ArrayPool<(double Bound, double Value)>.Shared;
        var sorted = pool.Rent(Math.Max(_buckets.Count, 1));
        var next = starts.AsSpan(0, _index.Count).ToArray();
        foreach (ref readonly var bucket in CollectionsMarshal.AsSpan(_buckets))
        {
            sorted[next[bucket.Histogram]++] = (bucket.Bound, bucket.Value);
        }

        var shared = new BoundsPool();
        for (var i = 0; i < _index.Count; i++)
        {
            _histograms[i] = Build(sorted.AsSpan(starts[i], starts[i + 1] - starts[i]), shared);
        }

        pool.Return(sorted);
        _buckets = [];
    }

    /// <param name="key">With the home cluster written as none.</param>
    public Histogram? Of(HopKey key, Reporter reporter, int home)
    {
        if (!severalClusters)
        {
            return Find(key.WithoutClusters(), reporter);
        }

        var found = new List<Histogram>(1);
        foreach (var spelling in key.Spellings(home))
        {
            if (Find(spelling, reporter) is { } histogram)
            {
                found.Add(histogram);
            }
        }

        return HistogramSum.Of(found);
    }

    private Histogram? Find(HopKey key, Reporter reporter) => _index.TryGetValue((key, reporter), out var index) ? _histograms[index] : null;

    protected override void Move(SymbolMap map) =>
        _index = _index.ToDictionary(entry => (entry.Key.Key.MoveTo(map), entry.Key.Reporter), entry => entry.Value);

    /// <summary>
    /// Null where the buckets do not tell how many observations there were: the last is not +Inf, or one is no number.
    /// Pods with different bounds behind one hop leave counts that fall; they are lifted to the one before, as Prometheus does.
    /// </summary>
    private static Histogram? Build(Span<(double Bound, double Value)> buckets, BoundsPool shared)
    {
        buckets.Sort(static (x, y) => x.Bound.CompareTo(y.Bound));
        Span<double> bounds = buckets.Length <= 64 ? stackalloc double[buckets.Length] : new double[buckets.Length];
        Span<double> counts = buckets.Length <= 64 ? stackalloc double[buckets.Length] : new double[buckets.Length];
        var length = 0;
        foreach (var (bound, value) in buckets)
        {
            if (double.IsNaN(bound) || !double.IsFinite(value) || value < 0)
            {
                return null;
            }

            if (length > 0 && bounds[length - 1] == bound)
            {
                counts[length - 1] += value;
            }
            else
            {
                bounds[length] = bound;
                counts[length++] = value;
            }
        }

        if (length < 2 || !double.IsPositiveInfinity(bounds[length - 1]))
        {
            return null;
        }

        for (var i = 1; i < length; i++)
        {
            counts[i] = Math.Max(counts[i], counts[i - 1]);
        }

        return new Histogram(shared.Get(bounds[..length]), ImmutableArray.Create((ReadOnlySpan<double>)counts[..length]));
    }

    private static double Bound(string le) => le switch
    {
        "+Inf" or "Inf" => double.PositiveInfinity,
        _ when double.TryParse(le, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) => bound,
        _ => double.NaN,
    };

    private readonly record struct Bucket(int Histogram, double Bound, double Value);

    /// <summary>Bounds are the same for nearly every hop: one array serves all.</summary>
    private sealed class BoundsPool
    {
        private readonly List<ImmutableArray<double>> _known = [];

        public ImmutableArray<double> Get(ReadOnlySpan<double> bounds)
        {
            foreach (var known in _known)
            {
                if (bounds.SequenceEqual(known.AsSpan()))
                {
                    return known;
                }
            }

            var added = ImmutableArray.Create(bounds);
            if (_known.Count < 64)
            {
                _known.Add(added);
            }

            return added;
        }
    }
}
