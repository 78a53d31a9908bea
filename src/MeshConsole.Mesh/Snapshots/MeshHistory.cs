using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Snapshots of past instants: the telemetry of then over the objects of now, because nobody kept those.</summary>
/// <param name="histories">Telemetry by configured name of the cluster.</param>
public sealed class MeshHistory(IReadOnlyDictionary<string, TelemetryHistory> histories)
{
    private const int SnapshotsKept = 4;

    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<TelemetryFrame, Built> _built = [];
    private readonly LinkedList<MeshSnapshot> _kept = [];

    /// <summary>
    /// <paramref name="current"/> with the telemetry of <paramref name="at"/>. Clusters that were not asked for keep theirs.
    /// </summary>
    /// <param name="cluster">Null for all clusters.</param>
    /// <param name="window">Rate window; null for the configured one.</param>
    /// <exception cref="PrometheusException">No cluster that was asked for could be read.</exception>
    public async Task<MeshSnapshot> AtAsync(MeshSnapshot current, string? cluster, DateTimeOffset at, TimeSpan? window, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        var built = await Task.WhenAll(current.Clusters.Select(one =>
            (cluster is null || string.Equals(cluster, one.Name, StringComparison.Ordinal)) && histories.TryGetValue(one.Name, out var history)
                ? ReadAsync(one, history, at, window, cancellationToken)
                : Task.FromResult((Cluster: one, Fault: (PrometheusException?)null)))).ConfigureAwait(false);
        if (built.Length > 0 && built.All(one => one.Fault is not null))
        {
            throw built[0].Fault!;
        }

        return Kept([.. built.Select(one => one.Cluster)]) ?? Keep(new MeshSnapshot(
            current.Revision,
            built.Select(one => one.Cluster.Telemetry?.At).Where(time => time <= at).Max() ?? at,
            [.. built.Select(one => one.Cluster)]));
    }

    /// <summary>The snapshot of just these clusters, so that page, canvas and read-ahead of one instant share it with all its views.</summary>
    private MeshSnapshot? Kept(ImmutableArray<ClusterSnapshot> clusters)
    {
        lock (_lock)
        {
            return _kept.FirstOrDefault(kept => kept.Clusters.Length == clusters.Length && kept.Clusters.Zip(clusters).All(pair => ReferenceEquals(pair.First, pair.Second)));
        }
    }

    private MeshSnapshot Keep(MeshSnapshot snapshot)
    {
        lock (_lock)
        {
            _kept.AddFirst(snapshot);
            if (_kept.Count > SnapshotsKept)
            {
                _kept.RemoveLast();
            }
        }

        return snapshot;
    }

    private async Task<(ClusterSnapshot Cluster, PrometheusException? Fault)> ReadAsync(ClusterSnapshot now, TelemetryHistory history, DateTimeOffset at, TimeSpan? window, CancellationToken cancellationToken)
    {
        try
        {
            var frame = await history.AtAsync(at, window, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                if (_built.TryGetValue(frame, out var before) && ReferenceEquals(before.Now, now))
                {
                    return (before.Then, null);
                }
            }

            var sources = now.Sources.Select(source => !IsTelemetry(source) ? source
                : frame.Unanswered.TryGetValue(source.Name, out var why) ? source with { State = SourceState.Failed, Since = at, LastSuccess = null, Message = $"{why} What was then is not known." }
                : source with { State = SourceState.Live, Since = frame.At, LastSuccess = frame.At, Message = $"Read from history at {frame.At:u}." });
            var then = SnapshotBuilder.Build(now.Name, now.Objects, [.. sources], frame, now, now.RootNamespace) with { Served = now.Served, Clocks = now.Clocks };
            lock (_lock)
            {
                _built.AddOrUpdate(frame, new Built(now, then));
            }

            return (then, null);
        }
        catch (PrometheusException exception)
        {
            var sources = now.Sources.Select(source => IsTelemetry(source)
                ? source with { State = SourceState.Failed, Since = at, LastSuccess = null, Message = $"{exception.Message} What was then is not known." }
                : source);
            return (SnapshotBuilder.Build(now.Name, now.Objects, [.. sources], null, now, now.RootNamespace) with { Served = now.Served, Clocks = now.Clocks }, exception);
        }
    }

    /// <summary>What a frame made of a cluster: the same again for as long as the cluster is the same.</summary>
    private sealed record Built(ClusterSnapshot Now, ClusterSnapshot Then);

    private static bool IsTelemetry(SourceStatus source) => source.Name.StartsWith("prometheus/", StringComparison.Ordinal);
}
