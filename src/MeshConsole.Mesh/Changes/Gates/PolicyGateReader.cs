using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// Reads the counters for a policy. There is no second arm beside a policy: it is in force for all of a workload's callers or
/// for none. So the same workloads are counted twice, since the policy was written and over as much time before it; that what
/// else changed with the hour changed too is the price, and the verdict says what was compared.
/// </summary>
internal sealed class PolicyGateReader(Func<string, GateSource?> sources, IMeshSnapshots snapshots)
{
    private const int MostCallers = 50;

    public async Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset writtenAt, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var nothing = new GateEvidence(from, to, null, null, [], null) { Refusals = new RefusalCounts([], null, null, null, null) { BeforeTo = writtenAt, BeforeFrom = writtenAt - (to - from) } };
        if (sources(plan.Target.Cluster) is not { } source)
        {
            return nothing with { Problem = NoSource(plan) };
        }

        nothing = nothing with { ShortestWindow = source.ShortestWindow };
        if (Reached.Of(plan, snapshots.Current, out var problem) is not { } reached)
        {
            return nothing with { Problem = problem };
        }

        var window = to - from;
        if (window < source.ShortestWindow || window < TimeSpan.FromMilliseconds(1))
        {
            return nothing;
        }

        var since = ReadAsync(source, reached, plan, to, window, cancellationToken);
        var before = ReadAsync(source, reached, plan, writtenAt, window, cancellationToken);
        return Put(nothing, plan, reached, await since.ConfigureAwait(false), await before.ConfigureAwait(false));
    }

    /// <summary>Share of the requests and connections to the reached workloads that fail to connect, those that a listener turned away among them.</summary>
    public async Task<double?> FailingShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var window = to - from;
        if (sources(plan.Target.Cluster) is not { } source || window < source.ShortestWindow || window < TimeSpan.FromMilliseconds(1)
            || Reached.Of(plan, snapshots.Current, out _) is not { } reached)
        {
            return null;
        }

        var reading = await ReadAsync(source, reached, plan, to, window, cancellationToken).ConfigureAwait(false);
        if (reading.Problem is not null)
        {
            return null;
        }

        var callers = reading.Callers().Values.ToList();
        var turnedAway = reading.Listener.Values.Sum() + (reading.Denied ?? 0);
        var all = callers.Sum(c => c.All) + turnedAway;
        return all < 0.5 ? null : (callers.Sum(c => c.Failed) + turnedAway) / all;
    }

    public async Task<RefusalSight?> SightAsync(ChangePlan plan, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (sources(plan.Target.Cluster) is not { } source || Reached.Of(plan, snapshots.Current, out _) is not { } reached)
        {
            return null;
        }

        try
        {
            var answer = await source.Client.QueryAsync(reached.Query(IstioRefusalQueries.ListenerPods, source.ShortestWindow), at, cancellationToken).ConfigureAwait(false);
            return new RefusalSight(Pods(answer, reached).Count, reached.Pods.Count);
        }
        catch (PrometheusException)
        {
            return null;
        }
    }

    private static GateEvidence Put(GateEvidence nothing, ChangePlan plan, Reached reached, Reading since, Reading before)
    {
        var asked = nothing with { Queries = since.Queries };
        if ((since.Problem ?? before.Problem) is { } problem)
        {
            return asked with { Problem = problem };
        }

        // A workload that carries no requests that proxies can tell apart is judged by its connections.
        var connections = since.Requests!.Requests(0, false).Requests is null && before.Requests!.Requests(0, false).Requests is null
            && (since.Connections!.Requests(0, true).Requests ?? before.Connections!.Requests(0, true).Requests) is not null;
        var bound = Bound(since, before, plan.Gates.SlowerThanMs);
        return asked with
        {
            Canary = Counts(since),
            Stable = Counts(before),
            Connections = connections,
            Lost = (connections ? since.Connections! : since.Requests!).Lost(connections),
            DurationProblem = connections || bound is not null || since.Buckets is not null ? null : since.BucketProblem,
            Refusals = nothing.Refusals! with
            {
                Callers = Callers(since, before),
                Listener = since.Listener.Count == 0 ? null : new RefusalCount(since.Listener.Values.Sum(), before.Listener.Count == 0 ? null : before.Listener.Values.Sum()),
                Denied = reached.IsAmbient ? new RefusalCount(since.Denied ?? 0, before.Denied ?? 0) : null,
                Sight = new RefusalSight(since.Listener.Count, reached.Pods.Count),
                Problem = Missing(reached, since, before),
            },
        };

        GateCounts Counts(Reading reading)
        {
            var (all, failed) = (connections ? reading.Connections! : reading.Requests!).Requests(0, connections);
            var durations = bound is { } ms ? reading.Buckets!.Durations(0, ms) : null;
            return new GateCounts(all, failed, durations?.Timed, durations?.Slow, durations is null ? null : bound);
        }
    }

    /// <summary>The smallest bound that the histograms of both times have.</summary>
    private static double? Bound(Reading since, Reading before, double slowerThanMs)
    {
        if (since.Buckets is not { } now || before.Buckets is not { } then)
        {
            return null;
        }

        for (var at = slowerThanMs; now.Bound([0], at) is { } bound; at = Math.BitIncrement(bound))
        {
            if (then.Durations(0, bound) is not null)
            {
                return bound;
            }
        }

        return null;
    }

    private static ImmutableArray<CallerRefusals> Callers(Reading since, Reading before)
    {
        var earlier = before.Callers();
        return
        [
            .. since.Callers()
                .Select(c => earlier.TryGetValue(c.Key, out var was)
                    ? new CallerRefusals(c.Key, c.Value.All, c.Value.Failed, was.All, was.Failed)
                    : new CallerRefusals(c.Key, c.Value.All, c.Value.Failed, null, null))
                .OrderByDescending(c => c.Failed).ThenByDescending(c => c.Requests).ThenBy(c => c.Caller, StringComparer.Ordinal)
                .Take(MostCallers),
        ];
    }

    /// <summary>A proxy that counted before, still runs, and does not count now is not one that turns nobody away.</summary>
    private static string? Missing(Reached reached, Reading since, Reading before) =>
        before.Listener.Keys.Where(p => reached.Pods.Contains(p) && !since.Listener.ContainsKey(p)).Select(p => p.Name).Order(StringComparer.Ordinal).FirstOrDefault() is { } pod
            ? $"Pod {RouteBackendIndex.Cut(pod)} counted connections that it turned away before, and does not now: it is not scraped."
            : null;

    private static async Task<Reading> ReadAsync(GateSource source, Reached reached, ChangePlan plan, DateTimeOffset at, TimeSpan window, CancellationToken cancellationToken)
    {
        string[] queries =
        [
            reached.Query(IstioGateQueries.Requests, window),
            reached.Query(IstioGateQueries.Connections, window),
            reached.Query(IstioGateQueries.DurationBuckets, window),
            reached.Query(IstioRefusalQueries.Listener, window),
            .. reached.IsAmbient ? [reached.Query(IstioRefusalQueries.Denied, window)] : Array.Empty<string>(),
        ];
        var asking = queries.Select(q => AskAsync(source, q, at, cancellationToken)).ToList();
        var answers = await Task.WhenAll(asking).ConfigureAwait(false);
        var reading = new Reading { Queries = [.. queries] };

        // Durations may be missing without taking the rest with them.
        foreach (var i in (ReadOnlySpan<int>)[0, 1, 3, 4])
        {
            if (i < answers.Length && answers[i].Problem is { } problem)
            {
                return reading with { Problem = problem };
            }
        }

        var requests = GateTally.Of(answers[0].Answer!, reached.Backends, plan.Target.Cluster);
        var connections = GateTally.Of(answers[1].Answer!, reached.Backends, plan.Target.Cluster);
        var buckets = answers[2].Answer is { } timed ? GateTally.Of(timed, reached.Backends, plan.Target.Cluster) : null;
        var listener = Pods(answers[3].Answer!, reached);
        return reading with
        {
            Problem = requests.Problem ?? connections.Problem ?? (listener.Values.Any(v => !GateArm.IsCount(v)) ? "The counters of connections that matched no filter chain make no sense." : null),
            Requests = requests,
            Connections = connections,
            Buckets = buckets?.Problem is null ? buckets : null,
            BucketProblem = answers[2].Problem ?? buckets?.Problem,
            Listener = listener,
            Denied = answers.Length > 4 ? reached.DeniedOf(answers[4].Answer!) : null,
        };
    }

    private static async Task<(PrometheusAnswer? Answer, string? Problem)> AskAsync(GateSource source, string query, DateTimeOffset at, CancellationToken cancellationToken)
    {
        try
        {
            return (await source.Client.QueryAsync(query, at, cancellationToken).ConfigureAwait(false), null);
        }
        catch (PrometheusException exception)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Values by pod, of the pods that the policy reaches.</summary>
    private static Dictionary<(string Namespace, string Name), double> Pods(PrometheusAnswer answer, Reached reached)
    {
        var pods = new Dictionary<(string, string), double>();
        foreach (var series in answer.Series)
        {
            var pod = (series.Labels.GetValueOrDefault("namespace", ""), series.Labels.GetValueOrDefault("pod", ""));
            if (!series.Points.IsDefaultOrEmpty && reached.Pods.Contains(pod))
            {
                pods[pod] = series.Points[^1].Value;
            }
        }

        return pods;
    }

    private static string NoSource(ChangePlan plan) => $"No Prometheus is configured for cluster {RouteBackendIndex.Cut(plan.Target.Cluster)}.";

    /// <summary>What was counted in one window.</summary>
    private sealed record Reading
    {
        public ImmutableArray<string> Queries { get; init; } = [];

        public string? Problem { get; init; }

        /// <summary>Null only with a problem, like <see cref="Connections"/>.</summary>
        public GateTally? Requests { get; init; }

        public GateTally? Connections { get; init; }

        public GateTally? Buckets { get; init; }

        public string? BucketProblem { get; init; }

        public Dictionary<(string Namespace, string Name), double> Listener { get; init; } = [];

        public double? Denied { get; init; }

        public Dictionary<string, (double All, double Failed)> Callers()
        {
            var callers = Requests!.CallersWithProxy();
            foreach (var (caller, counted) in Connections!.CallersWithProxy())
            {
                var (all, failed) = callers.GetValueOrDefault(caller);
                callers[caller] = (all + counted.All, failed + counted.Failed);
            }

            return callers;
        }
    }

    /// <summary>Whom the policy reaches, as telemetry names them.</summary>
    private sealed class Reached
    {
        private Reached(GateBackends backends, HashSet<(string, string)> pods, HashSet<(string, string)> workloads, bool isAmbient) =>
            (Backends, Pods, Workloads, IsAmbient) = (backends, pods, workloads, isAmbient);

        public GateBackends Backends { get; }

        /// <summary>Pods with a sidecar, which are those that have the counter of the listener.</summary>
        public HashSet<(string Namespace, string Name)> Pods { get; }

        public bool IsAmbient { get; }

        private HashSet<(string Namespace, string Name)> Workloads { get; }

        public static Reached? Of(ChangePlan plan, MeshSnapshot snapshot, out string? problem)
        {
            problem = null;
            var cluster = snapshot.Clusters.FirstOrDefault(c => string.Equals(c.Name, plan.Target.Cluster, StringComparison.Ordinal));
            if (cluster is null || cluster.Objects.Pods.IsDefault || PolicyReach.Of(cluster, plan.Target) is not { } reach)
            {
                problem = $"Pods and policies of cluster {RouteBackendIndex.Cut(plan.Target.Cluster)} have not been read: whom the policy reaches is not known.";
                return null;
            }

            var ids = reach.Watched.Select(w => w.Id).ToHashSet();
            if (ids.Count == 0)
            {
                problem = "The policy reaches no workload with a proxy: there is nothing to watch.";
                return null;
            }

            var pods = cluster.Workloads.Where(w => ids.Contains(w.Id) && w.DataPlane == DataPlane.Sidecar).SelectMany(w => w.Pods).Select(p => (p.Meta.Namespace, p.Meta.Name)).ToHashSet();
            var hosts = cluster.Services.Where(s => s.Workloads.Any(ids.Contains)).Select(s => s.Host).Distinct(StringComparer.Ordinal);
            return new Reached(GateBackends.Of([.. ids], [.. hosts]), pods, [.. ids.Select(i => (i.Namespace, i.Name))], reach.Watched.Any(w => w.DataPlane == DataPlane.Ambient));
        }

        public string Query(string text, TimeSpan window) => Backends.Query(text, window);

        public double DeniedOf(PrometheusAnswer answer) => answer.Series
            .Where(s => !s.Points.IsDefaultOrEmpty && Workloads.Contains((s.Labels.GetValueOrDefault("destination_workload_namespace", ""), s.Labels.GetValueOrDefault("destination_workload", ""))))
            .Sum(s => Math.Max(0, s.Points[^1].Value));
    }
}
