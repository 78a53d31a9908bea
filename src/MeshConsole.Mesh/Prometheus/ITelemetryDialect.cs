using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>What one kind of mesh calls its metrics and how they read. Stateless: poller and history share one.</summary>
public interface ITelemetryDialect
{
    /// <summary><c>istio</c> …</summary>
    string Name { get; }

    /// <summary>The queries of a refresh, at most 12, in the order of their worth.</summary>
    /// <param name="window">Rate window.</param>
    /// <param name="severalClusters">Whether telemetry has shown workloads of more than one cluster.</param>
    IReadOnlyList<TelemetryQuery> Queries(TimeSpan window, bool severalClusters);

    /// <summary>An empty answer to one of the queries, to be filled by a reader that uses the same symbols.</summary>
    /// <param name="expectedSeries">Series of the answer before, so that room is made once; zero when there was none.</param>
    TelemetryAnswer NewAnswer(string queryName, SymbolTable symbols, bool severalClusters, int expectedSeries = 0);

    /// <summary>Joins answers into a frame. A query that never answered is missing, and what it would tell stays null.</summary>
    /// <param name="cluster">Configured name of the cluster whose Prometheus answered.</param>
    TelemetryFrame Frame(string cluster, SymbolTable symbols, TelemetryAnswers answers, TimeSpan window);

    /// <summary>The range query of one history.</summary>
    string HistoryQuery(HistoryPart part, HistoryScope scope, TimeSpan window);

    /// <summary>What the series of that query say at one instant. Never called without a sample.</summary>
    ReporterTraffic ReadHistory(HistoryPart part, IReadOnlyList<HistorySample> samples);
}
