using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Readiness for what a policy does: of its own scope, and of workloads that it reaches beyond it.</summary>
internal static class PolicyReadiness
{
    /// <summary>Null where nothing is refused that was not before, or nobody can tell.</summary>
    public static async Task<StrictReadiness?> AskAsync(ExecutionParts parts, PolicyEdit edit, PolicyReach reach, CancellationToken cancellationToken)
    {
        if (!reach.Tightens || parts.Readiness is not { } readiness)
        {
            return null;
        }

        var lookback = parts.Policy().StrictLookback;
        var answer = await readiness.AskAsync(edit.Scope, lookback, cancellationToken).ConfigureAwait(false);
        var tightened = reach.Changed.Where(w => w.Tightens).Select(w => w.Id).ToList();
        foreach (var beyond in tightened.Where(id => !Covers(edit.Scope, id)))
        {
            // The object's selector takes in more than was asked for: they are refused to just the same.
            var other = await readiness.AskAsync(new StrictScope(beyond.Cluster, beyond.Namespace, beyond.Name), lookback, cancellationToken).ConfigureAwait(false);
            answer = answer with { Blockers = answer.Blockers.AddRange(other.Blockers), Unproven = answer.Unproven.AddRange(other.Unproven), Warnings = answer.Warnings.AddRange(other.Warnings) };
        }

        // Workloads whose mode stays are none of this change's business.
        var names = tightened.Select(id => $"{id.Namespace}/{id.Name}").ToHashSet(StringComparer.Ordinal);
        return answer with { Blockers = Of(answer.Blockers), Unproven = Of(answer.Unproven), Warnings = Of(answer.Warnings) };

        ImmutableArray<ReadinessFinding> Of(ImmutableArray<ReadinessFinding> findings) => [.. findings.Where(f => f.Workload is null || names.Contains(f.Workload)).DistinctBy(f => (f.Code, f.Workload, f.Message))];
    }

    private static bool Covers(StrictScope scope, WorkloadId id) =>
        (scope.Namespace is null || scope.Namespace == id.Namespace) && (scope.Workload is null || scope.Workload == id.Name);
}
