using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Joins the newest snapshot with the evidence of a look-back. The judge of a snapshot and a piece of evidence is kept as long
/// as both are, so that a page and a guard that ask at once look at each workload once.
/// </summary>
/// <param name="readers">By configured name of the cluster; asked before each read, for clusters become known after the start.</param>
public sealed class StrictReadinessReader(IMeshSnapshots snapshots, Func<IReadOnlyDictionary<string, LookbackReader>> readers, CertificateThresholds thresholds) : IStrictReadiness, IReadinessParts
{
    private readonly ConditionalWeakTable<LookbackEvidence, Judged> _judged = [];

    public async Task<StrictReadiness> AskAsync(StrictScope scope, TimeSpan lookback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var (judge, evidence) = await JudgeAsync(scope.Cluster, lookback, cancellationToken).ConfigureAwait(false);
        return judge?.Judge(scope) ?? NotKnown(scope, lookback, evidence);
    }

    public async Task<ReadinessBreakdown> AskForPartsAsync(StrictScope scope, TimeSpan lookback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var (judge, evidence) = await JudgeAsync(scope.Cluster, lookback, cancellationToken).ConfigureAwait(false);
        return judge is null ? new ReadinessBreakdown(NotKnown(scope, lookback, evidence), []) : new ReadinessBreakdown(judge.Judge(scope), judge.Parts(scope));
    }

    private async Task<(ReadinessJudge? Judge, LookbackEvidence? Evidence)> JudgeAsync(string cluster, TimeSpan lookback, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lookback, TimeSpan.FromSeconds(1));
        var evidence = readers().GetValueOrDefault(cluster) is { } reader ? await reader.ReadAsync(lookback, cancellationToken).ConfigureAwait(false) : null;

        // Read after the history: what the snapshot shows is never older than it.
        var snapshot = snapshots.Current;
        if (evidence is null || snapshot.Clusters.FirstOrDefault(one => string.Equals(one.Name, cluster, StringComparison.Ordinal)) is not { } known)
        {
            return (null, evidence);
        }

        if (_judged.TryGetValue(evidence, out var last) && ReferenceEquals(last.Snapshot, snapshot))
        {
            return (last.Judge, evidence);
        }

        var judge = new ReadinessJudge(snapshot, known, evidence, thresholds.LateRenewalRatio);
        _judged.AddOrUpdate(evidence, new Judged(snapshot, judge));
        return (judge, evidence);
    }

    private static StrictReadiness NotKnown(StrictScope scope, TimeSpan lookback, LookbackEvidence? evidence) => new(
        scope,
        lookback,
        evidence?.At ?? DateTimeOffset.UnixEpoch,
        [],
        [new("cluster-unknown", $"Cluster {scope.Cluster} has not been read yet, or there is none of that name.", "Check the name; ask again in a few seconds.", null, [])],
        []);

    private sealed record Judged(MeshSnapshot Snapshot, ReadinessJudge Judge);
}

/// <summary>Readiness of a scope and of the scopes it is made of, from one piece of evidence.</summary>
/// <param name="Parts">The namespaces of a mesh or the workloads of a namespace, ordered by name; empty for a workload.</param>
public sealed record ReadinessBreakdown(StrictReadiness Whole, ImmutableArray<StrictReadiness> Parts);

/// <summary>Answers like <see cref="IStrictReadiness"/>, with the parts of the scope beside it; no further query is sent for them.</summary>
public interface IReadinessParts
{
    Task<ReadinessBreakdown> AskForPartsAsync(StrictScope scope, TimeSpan lookback, CancellationToken cancellationToken);
}
