using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// Adds an answer up per backend, as its callers saw it: for each caller and callee the source reporter, else the waypoint,
/// else the callee; reporters are never added up.
/// </summary>
internal sealed class GateTally
{
    private static readonly string[] s_reporters = ["source", "waypoint", "destination"];

    private readonly Dictionary<(string SourceNamespace, string Source, string TargetNamespace, string Target, string Host), List<Row>[]> _edges = [];

    private GateTally()
    {
    }

    /// <summary>Why the answer cannot be counted, a sentence; null when it can.</summary>
    public string? Problem { get; private set; }

    /// <param name="cluster">Configured name of the cluster, which telemetry of several clusters may know it by.</param>
    public static GateTally Of(PrometheusAnswer answer, GateBackends backends, string cluster)
    {
        var tally = new GateTally();

        // An info says something about the query, a warning about the answer: a store that is away leaves its part out.
        if (answer.Receipt.Warnings.FirstOrDefault(w => !w.StartsWith("PromQL info:", StringComparison.Ordinal)) is { } warning)
        {
            tally.Problem = $"Prometheus warns that its answer may not be whole: {RouteBackendIndex.Cut(warning)}";
            return tally;
        }

        var rows = answer.Series.Select(s => Row.Of(s, backends)).OfType<Row>().ToList();
        if (Home(rows, cluster, out var problem) is not { } home)
        {
            tally.Problem = problem;
            return tally;
        }

        foreach (var row in rows.Where(r => r.Cluster is "" or WorkloadId.UnknownName || r.Cluster == home))
        {
            if (!GateArm.IsCount(row.Value))
            {
                tally.Problem = string.Create(CultureInfo.InvariantCulture, $"Prometheus answers {row.Value} for a count of {RouteBackendIndex.Cut(row.Label("destination_service"))}.");
                return tally;
            }

            if (!tally._edges.TryGetValue(row.Edge, out var byReporter))
            {
                tally._edges[row.Edge] = byReporter = [[], [], []];
            }

            byReporter[row.Reporter].Add(row);
        }

        return tally;
    }

    /// <summary>Requests (or connections) of a backend; nulls when there is no counter of it.</summary>
    public (double? Requests, double? Errors) Requests(int backend, bool connections)
    {
        var rows = Rows().Where(r => r.Backend == backend).ToList();
        return rows.Count == 0 ? (null, null) : (rows.Sum(r => r.Value), rows.Where(r => r.Failed(connections)).Sum(r => r.Value));
    }

    /// <summary>Failures that reached no workload, at hosts of several backends.</summary>
    public double Lost(bool connections) => Rows().Where(r => r.Backend is null && r.Failed(connections)).Sum(r => r.Value);

    /// <summary>
    /// What callers with a proxy of their own (or a waypoint before the callee) sent, and how much of it did not get through to
    /// the callee or was cut off by it, by caller.
    /// </summary>
    public Dictionary<string, (double All, double Failed)> CallersWithProxy()
    {
        var callers = new Dictionary<string, (double All, double Failed)>(StringComparer.Ordinal);
        foreach (var (edge, byReporter) in _edges)
        {
            var rows = byReporter[0].Count > 0 ? byReporter[0] : byReporter[1];
            if (rows.Count > 0)
            {
                var caller = $"{edge.SourceNamespace}/{edge.Source}";
                var (all, failed) = callers.GetValueOrDefault(caller);
                callers[caller] = (all + rows.Sum(r => r.Value), failed + rows.Where(r => r.FailedToConnect).Sum(r => r.Value));
            }
        }

        return callers;
    }

    /// <summary>Whether callers' own proxies report.</summary>
    public bool CallersReport => _edges.Values.Any(e => e[0].Count > 0 || e[1].Count > 0);

    /// <summary>Durations of a backend: how many there are and how many took longer than the bound; null when there is no such bucket.</summary>
    public (double Timed, double Slow)? Durations(int backend, double bound)
    {
        double timed = 0, slow = 0;
        var found = false;
        foreach (var (_, buckets) in Histograms([backend]))
        {
            if (!buckets.TryGetValue(double.PositiveInfinity, out var all) || !buckets.TryGetValue(bound, out var within))
            {
                return null;
            }

            // Extrapolation is the same for all buckets of a series; what rounding leaves below nothing is nothing.
            (timed, slow, found) = (timed + all, slow + Math.Max(0, all - within), true);
        }

        return found ? (timed, slow) : null;
    }

    /// <summary>The smallest finite bound at or above <paramref name="slowerThanMs"/> that every histogram of the backends has; null when there is none.</summary>
    public double? Bound(ImmutableArray<int> backends, double slowerThanMs)
    {
        SortedSet<double>? common = null;
        foreach (var (_, buckets) in Histograms(backends))
        {
            var bounds = buckets.Keys.Where(b => double.IsFinite(b) && b >= slowerThanMs);
            if (common is null)
            {
                common = [.. bounds];
            }
            else
            {
                common.IntersectWith(bounds);
            }
        }

        return common is { Count: > 0 } ? common.Min : null;
    }

    private IEnumerable<(object Edge, Dictionary<double, double> Buckets)> Histograms(ImmutableArray<int> backends)
    {
        foreach (var edge in _edges)
        {
            var rows = Chosen(edge.Value).Where(r => r.Backend is { } b && backends.Contains(b)).ToList();
            if (rows.Count > 0)
            {
                yield return (edge.Key, rows.GroupBy(r => r.UpperBound).ToDictionary(g => g.Key, g => g.Sum(r => r.Value)));
            }
        }
    }

    private IEnumerable<Row> Rows() => _edges.Values.SelectMany(Chosen);

    private static List<Row> Chosen(List<Row>[] byReporter) => Array.Find(byReporter, rows => rows.Count > 0) ?? [];

    /// <summary>The cluster that is meant; empty when telemetry does not say, or says of one alone. Null when it cannot be told.</summary>
    private static string? Home(List<Row> rows, string cluster, out string? problem)
    {
        problem = null;
        var named = rows.Select(r => r.Cluster).Where(c => c is not ("" or WorkloadId.UnknownName)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (named.Count <= 1)
        {
            return named.FirstOrDefault() ?? "";
        }

        if (named.Contains(cluster, StringComparer.Ordinal))
        {
            return cluster;
        }

        problem = $"The counters are of several clusters ({string.Join(", ", named.Take(4).Select(RouteBackendIndex.Cut))}), and none is called {RouteBackendIndex.Cut(cluster)}. Name the cluster in the configuration as telemetry does.";
        return null;
    }

    private sealed class Row
    {
        private readonly PrometheusSeries _series;

        private Row(PrometheusSeries series, int reporter, int? backend) => (_series, Reporter, Backend) = (series, reporter, backend);

        public int Reporter { get; }

        public int? Backend { get; }

        public double Value => _series.Points[^1].Value;

        public string Cluster => Label("destination_cluster");

        /// <summary>
        /// Without the service where the workload is known: a callee's proxy takes the service from its own port and may name
        /// another one than the caller.
        /// </summary>
        public (string, string, string, string, string) Edge => (
            Label("source_workload_namespace"), Label("source_workload"), Label("destination_workload_namespace"), Label("destination_workload"),
            Label("destination_workload") == WorkloadId.UnknownName ? Label("destination_service") : "");

        /// <summary>NaN when it is no number: then no bound is it.</summary>
        public double UpperBound => Label("le") is "+Inf" ? double.PositiveInfinity
            : double.TryParse(Label("le"), NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : double.NaN;

        public static Row? Of(PrometheusSeries series, GateBackends backends)
        {
            var reporter = Array.IndexOf(s_reporters, series.Labels.GetValueOrDefault("reporter", ""));
            var workload = series.Labels.GetValueOrDefault("destination_workload", "");
            var host = series.Labels.GetValueOrDefault("destination_service", "");
            var named = workload is not ("" or WorkloadId.UnknownName);
            var backend = named ? backends.OfWorkload(series.Labels.GetValueOrDefault("destination_workload_namespace", ""), workload) : backends.OfHost(host);
            return reporter < 0 || series.Points.IsDefaultOrEmpty || (backend is null && (named || !backends.HasHost(host))) ? null : new Row(series, reporter, backend);
        }

        public string Label(string name) => _series.Labels.GetValueOrDefault(name, "");

        /// <summary>Envoy's UF (not connected, a refused handshake among it) and UC (cut off by the other end).</summary>
        public bool FailedToConnect => Label("response_flags").Split(',') is var flags && (flags.Contains("UF", StringComparer.Ordinal) || flags.Contains("UC", StringComparer.Ordinal));

        /// <summary>Design, truth 7; for connections, what came to nothing.</summary>
        public bool Failed(bool connections) => connections
            ? ConnectionFlags.IsFailure(Label("response_flags"))
            : ResponseClassifier.Classify(Number("response_code") ?? 0, Number("grpc_response_status"), Label("response_flags")) == ResponseClass.Failure;

        private int? Number(string name) => int.TryParse(Label(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
