using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>One or two numbers per hop and reporter: sums and counts of durations (all, and those without flags), bytes.</summary>
internal sealed class HopValues(SymbolTable symbols, bool tcp, bool severalClusters) : TelemetryAnswer(symbols)
{
    private readonly HopColumns _hop = new(symbols, "response_flags");
    private readonly int _noFlags = symbols.Intern("-"u8);
    private Dictionary<(HopKey Key, Reporter Reporter), Pair> _values = [];

    public override LabelColumns Columns => _hop.Labels;

    /// <summary>Whether clusters are part of the keys; if not, a key stands for all clusters that have such a hop.</summary>
    public bool SplitByCluster => severalClusters;

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        if (_hop.Reporter(labels) is not { } reporter)
        {
            return;
        }

        var value = points[^1].Value;
        var flags = labels[HopColumns.Shared];
        ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_values, (tcp ? _hop.Tcp(labels) : _hop.Http(labels), reporter), out _);
        pair.All += value;
        if (flags == _noFlags || flags == SymbolTable.None)
        {
            pair.Clean = (pair.Clean ?? 0) + value;
        }
    }

    /// <summary>The numbers of a hop; null where the answer has no such series. NaN is not known either.</summary>
    /// <param name="key">With the home cluster written as none.</param>
    public (double? All, double? Clean) Of(HopKey key, Reporter reporter, int home)
    {
        if (!severalClusters)
        {
            return _values.TryGetValue((key.WithoutClusters(), reporter), out var only) ? (Number(only.All), Number(only.Clean)) : (null, null);
        }

        double? all = null, clean = null;
        foreach (var spelling in key.Spellings(home))
        {
            if (_values.TryGetValue((spelling, reporter), out var pair))
            {
                all = (all ?? 0) + pair.All;
                clean = pair.Clean is null ? clean : (clean ?? 0) + pair.Clean;
            }
        }

        return (Number(all), Number(clean));
    }

    protected override void Move(SymbolMap map) =>
        _values = _values.ToDictionary(entry => (entry.Key.Key.MoveTo(map), entry.Key.Reporter), entry => entry.Value);

    private static double? Number(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private struct Pair
    {
        public double All;
        public double? Clean;
    }
}
