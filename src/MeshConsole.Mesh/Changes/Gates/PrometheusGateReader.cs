using System.Globalization;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// Reads the counters of the gates from the Prometheus of the plan's cluster: both arms in one answer, evaluated at the end of
/// the window, so that they are counted over the same time. All requests that reach a backend count, whichever rule sent them:
/// telemetry does not say. Safe for several threads.
/// </summary>
/// <param name="sources">The source of a cluster by its configured name; null when it has none.</param>
/// <param name="snapshots">What the hosts and subsets of a plan stand for.</param>
/// <param name="time">When "now" is, for what is asked of the moment.</param>
public sealed class PrometheusGateReader(Func<string, GateSource?> sources, IMeshSnapshots snapshots, TimeProvider? time = null) : IGateReader
{
    private readonly PolicyGateReader _policies = new(sources, snapshots);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset writtenAt, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Target.Policy is null ? ReadAsync(plan, from, to, cancellationToken) : _policies.ReadAsync(plan, writtenAt, from, to, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RefusalSight?> RefusalSightAsync(ChangePlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Target.Policy is null ? Task.FromResult<RefusalSight?>(null) : _policies.SightAsync(plan, _time.GetUtcNow(), cancellationToken);
    }

    public async Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Target.Policy is not null)
        {
            return await _policies.ReadAsync(plan, from, from, to, cancellationToken).ConfigureAwait(false);
        }

        var connections = IsConnections(plan);
        var nothing = new GateEvidence(from, to, null, null, [], null) { Connections = connections };
        if (sources(plan.Target.Cluster) is not { } source)
        {
            return nothing with { Problem = NoSource(plan) };
        }

        nothing = nothing with { ShortestWindow = source.ShortestWindow };
        if (GateBackends.Of(plan, snapshots.Current, out var problem) is not { } backends)
        {
            return nothing with { Problem = problem };
        }

        nothing = nothing with { StableShare = backends.StableShare };
        var window = to - from;
        if (window < source.ShortestWindow || window < TimeSpan.FromMilliseconds(1))
        {
            return nothing;
        }

        var requestQuery = backends.Query(connections ? IstioGateQueries.Connections : IstioGateQueries.Requests, window);
        var bucketQuery = connections ? null : backends.Query(IstioGateQueries.DurationBuckets, window);
        var asked = nothing with { Queries = bucketQuery is null ? [requestQuery] : [requestQuery, bucketQuery] };
        var requests = TallyAsync(source, requestQuery, to, backends, plan, cancellationToken);
        var buckets = bucketQuery is null ? null : TallyAsync(source, bucketQuery, to, backends, plan, cancellationToken);
        var (counted, why) = await requests.ConfigureAwait(false);
        var (timed, whyNot) = buckets is null ? (null, null) : await buckets.ConfigureAwait(false);
        if (counted is null)
        {
            return asked with { Problem = why };
        }

        var bound = timed?.Bound([plan.Canary, plan.Stable], plan.Gates.SlowerThanMs);
        if (timed is not null && bound is null && timed.Bound([plan.Canary, plan.Stable], 0) is not null)
        {
            whyNot = string.Create(CultureInfo.InvariantCulture, $"The histograms have no common bucket bound at or above {plan.Gates.SlowerThanMs:0.###} ms: which requests are slow cannot be told.");
        }

        return asked with
        {
            Canary = Counts(plan.Canary),
            Stable = Counts(plan.Stable),
            Lost = counted.Lost(connections),
            DurationProblem = whyNot,
        };

        GateCounts Counts(int backend)
        {
            var (all, failed) = counted.Requests(backend, connections);
            var durations = bound is { } ms ? timed!.Durations(backend, ms) : null;
            return new GateCounts(all, failed, durations?.Timed, durations?.Slow, durations is null ? null : bound);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Requests that other rules send to the canary are in it too. A canary without any counter has got nothing if the proxies
    /// of its callers report of the other backends: they would count what they send.
    /// </remarks>
    public async Task<double?> CanaryShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Target.Policy is not null)
        {
            return await _policies.FailingShareAsync(plan, from, to, cancellationToken).ConfigureAwait(false);
        }

        var window = to - from;
        if (sources(plan.Target.Cluster) is not { } source || window < source.ShortestWindow || window < TimeSpan.FromMilliseconds(1)
            || GateBackends.Of(plan, snapshots.Current, out _) is not { } backends)
        {
            return null;
        }

        var connections = IsConnections(plan);
        var (counted, _) = await TallyAsync(source, backends.Query(connections ? IstioGateQueries.Connections : IstioGateQueries.Requests, window), to, backends, plan, cancellationToken).ConfigureAwait(false);
        if (counted is null || counted.Lost(connections) >= 0.5)
        {
            return null;
        }

        var all = Enumerable.Range(0, backends.Count).Sum(i => counted.Requests(i, connections).Requests ?? 0);
        var canary = counted.Requests(plan.Canary, connections).Requests;
        return all < 0.5 || (canary is null && !counted.CallersReport) ? null : (canary ?? 0) / all;
    }

    private static bool IsConnections(ChangePlan plan) => plan.Target.Protocol is "tcp" or "tls";

    private static string NoSource(ChangePlan plan) => $"No Prometheus is configured for cluster {RouteBackendIndex.Cut(plan.Target.Cluster)}.";

    private static async Task<(GateTally? Tally, string? Problem)> TallyAsync(GateSource source, string query, DateTimeOffset to, GateBackends backends, ChangePlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var tally = GateTally.Of(await source.Client.QueryAsync(query, to, cancellationToken).ConfigureAwait(false), backends, plan.Target.Cluster);
            return tally.Problem is { } problem ? (null, problem) : (tally, null);
        }
        catch (PrometheusException exception)
        {
            return (null, exception.Message);
        }
    }
}
