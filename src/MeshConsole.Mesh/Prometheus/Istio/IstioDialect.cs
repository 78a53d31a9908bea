using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Istio's standard metrics, of sidecars, gateways, waypoints and ztunnel.</summary>
public sealed class IstioDialect : ITelemetryDialect
{
    /// <summary>How often the dear and the slow answers are asked for at most.</summary>
    private static readonly TimeSpan s_everyMinute = TimeSpan.FromMinutes(1);

    public string Name => "istio";

    public IReadOnlyList<TelemetryQuery> Queries(TimeSpan window, bool severalClusters)
    {
        var duration = PromQl.Duration(window);
        var clusters = severalClusters ? ", source_cluster, destination_cluster" : "";
        return
        [
            Query(SourceNames.Requests, IstioQueries.Requests) with { ShowsTraffic = true },
            Query(SourceNames.TcpOpened, IstioQueries.TcpOpened) with { ShowsTraffic = true },
            Query(SourceNames.DurationSums, IstioQueries.DurationSums),
            Query(SourceNames.DurationCounts, IstioQueries.DurationCounts),
            Query(SourceNames.Proxies, IstioQueries.Proxies),
            Query(SourceNames.ControlPlane, IstioQueries.ControlPlane),
            Query(SourceNames.TcpSent, IstioQueries.TcpSent),
            Query(SourceNames.TcpReceived, IstioQueries.TcpReceived),
            Query(SourceNames.RequestBytes, IstioQueries.RequestBytes),
            Query(SourceNames.ResponseBytes, IstioQueries.ResponseBytes),
            Query(SourceNames.Certificates, IstioQueries.Certificates),
            Query(SourceNames.DurationBuckets, IstioQueries.DurationBuckets, s_everyMinute),
        ];

        TelemetryQuery Query(string name, string text, TimeSpan every = default) => new(
            name,
            text.Replace("$window", duration, StringComparison.Ordinal).Replace("$clusters", clusters, StringComparison.Ordinal),
            every);
    }

    public TelemetryAnswer NewAnswer(string queryName, SymbolTable symbols, bool severalClusters, int expectedSeries = 0) => queryName switch
    {
        SourceNames.Requests => new TrafficAnswer(symbols, tcp: false, expectedSeries),
        SourceNames.TcpOpened => new TrafficAnswer(symbols, tcp: true, expectedSeries),
        SourceNames.DurationSums or SourceNames.DurationCounts or SourceNames.RequestBytes or SourceNames.ResponseBytes => new HopValues(symbols, tcp: false, severalClusters, expectedSeries),
        SourceNames.TcpSent or SourceNames.TcpReceived => new HopValues(symbols, tcp: true, severalClusters, expectedSeries),
        SourceNames.DurationBuckets => new HopHistograms(symbols, severalClusters, expectedSeries),
        SourceNames.Certificates => new CertificateAnswer(),
        SourceNames.Proxies => new ProxyAnswer(),
        SourceNames.ControlPlane => new ControlPlaneAnswer(),
        _ => throw new ArgumentOutOfRangeException(nameof(queryName), queryName, "This dialect has no such query."),
    };

    public TelemetryFrame Frame(string cluster, SymbolTable symbols, TelemetryAnswers answers, TimeSpan window) =>
        new IstioFrameBuilder(cluster, symbols, answers).Build(window);

    public string HistoryQuery(HistoryPart part, HistoryScope scope, TimeSpan window) => IstioHistory.Query(part, scope, window);

    public ReporterTraffic ReadHistory(HistoryPart part, IReadOnlyList<HistorySample> samples) => IstioHistory.Read(part, samples);
}
