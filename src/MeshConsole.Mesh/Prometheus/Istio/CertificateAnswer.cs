using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>When each proxy's certificate runs out. Pods come and go: their names are symbols of this answer alone, and go with it.</summary>
internal sealed class CertificateAnswer() : TelemetryAnswer(new SymbolTable())
{
    /// <summary>The year 9999 in Unix seconds.</summary>
    private const double MaximalSeconds = 253_370_764_800;

    private readonly List<(int Namespace, int Pod, int Resource, double Expiry)> _rows = [];

    public override LabelColumns Columns { get; } = LabelColumns.Closed("namespace", "pod", "resource_name");

    /// <summary>Ordered by namespace, pod and resource. What is left is counted from the time of the answer.</summary>
    public ImmutableArray<ProxyCertificateSample> Samples { get; private set; } = [];

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        var expiry = points[^1].Value;
        if (labels[1] != SymbolTable.None && double.IsFinite(expiry))
        {
            _rows.Add((labels[0], labels[1], labels[2], expiry));
        }
    }

    public override void Complete()
    {
        var now = At.ToUnixTimeMilliseconds() / 1000.0;
        var refreshed = new Dictionary<(int, int), double>();
        foreach (var row in _rows.Where(IsRefresh))
        {
            refreshed[(row.Namespace, row.Pod)] = row.Expiry;
        }

        Samples =
        [
            .. _rows.Where(row => !IsRefresh(row))
                .Select(row => new ProxyCertificateSample(Symbols[row.Namespace], Symbols[row.Pod], Symbols[row.Resource], row.Expiry - now, At)
                {
                    // A time that no calendar has is none; whether it fits the expiry is judged with it.
                    IssuedAt = Symbols[row.Resource] == ProxyCertificateSample.Linkerd && refreshed.TryGetValue((row.Namespace, row.Pod), out var at) && at < MaximalSeconds ? DateTimeOffset.UnixEpoch.AddSeconds(at) : null,
                })
                .OrderBy(sample => sample.Namespace, StringComparer.Ordinal)
                .ThenBy(sample => sample.Pod, StringComparer.Ordinal)
                .ThenBy(sample => sample.ResourceName, StringComparer.Ordinal),
        ];
        _rows.Clear();
    }

    private bool IsRefresh((int Namespace, int Pod, int Resource, double Expiry) row) => Symbols[row.Resource] == "linkerd-refresh";
}
