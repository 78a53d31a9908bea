using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Numbers per hop and reporter: sums and counts of durations (all, and those without flags), bytes (of TCP by protection).</summary>
internal sealed class HopValues(SymbolTable symbols, bool tcp, bool severalClusters, int expectedSeries) : TelemetryAnswer(symbols)
{
    private readonly HopColumns _hop = new(symbols, "response_flags", "connection_security_policy", "app");
    private readonly ProtectionReader _protection = new(symbols);
    private readonly int _noFlags = symbols.Intern("-"u8);
    private Dictionary<(HopKey Key, Reporter Reporter), Pair> _values = new(expectedSeries);

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

        if (tcp && double.IsFinite(value))
        {
            switch (_protection.Read(reporter, tcp, labels[HopColumns.Shared + 1], labels[HopColumns.Shared + 2]))
            {
                case Protection.Mutual:
                    pair.Mutual += value;
                    break;
                case Protection.Plaintext:
                    pair.Plaintext += value;
                    break;
                default:
                    pair.Unknown += value;
                    break;
            }
        }
    }

    /// <summary>The numbers of a hop; null where the answer has no such series. NaN is not known either.</summary>
    /// <param name="key">With the home cluster written as none.</param>
    public HopNumbers Of(HopKey key, Reporter reporter, int home)
    {
        if (!severalClusters)
        {
            return _values.TryGetValue((key.WithoutClusters(), reporter), out var only) ? Numbers(only) : HopNumbers.None;
        }

        Pair sum = default;
        var found = false;
        foreach (var spelling in key.Spellings(home))
        {
            if (_values.TryGetValue((spelling, reporter), out var pair))
            {
                found = true;
                sum.All += pair.All;
                sum.Clean = pair.Clean is null ? sum.Clean : (sum.Clean ?? 0) + pair.Clean;
                sum.Mutual += pair.Mutual;
                sum.Plaintext += pair.Plaintext;
                sum.Unknown += pair.Unknown;
            }
        }

        return found ? Numbers(sum) : HopNumbers.None;
    }

    protected override void Move(SymbolMap map) =>
        _values = _values.ToDictionary(entry => (entry.Key.Key.MoveTo(map), entry.Key.Reporter), entry => entry.Value);

    private static HopNumbers Numbers(in Pair pair) => new(Number(pair.All), Number(pair.Clean), new SecuritySplit(pair.Mutual, pair.Plaintext, pair.Unknown));

    private static double? Number(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private struct Pair
    {
        public double All;
        public double? Clean;
        public double Mutual;
        public double Plaintext;
        public double Unknown;
    }
}

/// <summary>What an answer says of one hop.</summary>
/// <param name="Clean">Only requests without response flags.</param>
/// <param name="Security">By protection, of TCP bytes.</param>
internal readonly record struct HopNumbers(double? All, double? Clean, SecuritySplit Security)
{
    public static HopNumbers None { get; } = new(null, null, SecuritySplit.None);
}
