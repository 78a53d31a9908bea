using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Components.Changes;

/// <summary>Changes that have not ended, read once for all circuits and cascaded to all parts of each.</summary>
/// <param name="Reader">As whom they are judged.</param>
/// <param name="Problem">Why they are not known; null when they are.</param>
public sealed record OpenChanges(ImmutableArray<ChangeRecord> All, Actor Reader, ChangeException? Problem)
{
    /// <summary>Broken glass that nobody has reviewed yet.</summary>
    public ImmutableArray<BreakGlass> Unreviewed { get; init; } = [];

    /// <summary>The change that has the route's object, or waits for it: an active one before one that waits. Null when there is none.</summary>
    /// <param name="key"><c>cluster/namespace/kind/name</c>.</param>
    public ChangeRecord? On(string key) => All
        .Where(change => change.State != ChangeState.Draft && string.Equals(change.Plan.Target.Key, key, StringComparison.Ordinal))
        .OrderByDescending(change => change.State.IsActive())
        .ThenByDescending(change => change.Id, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>How many wait for the reader.</summary>
    public int Waiting => All.Count(change => ChangeWords.WaitsFor(change, Reader));

    /// <summary>How many uses of broken glass are over and wait for the reader's review.</summary>
    /// <param name="now">A grant that still holds is not reviewed yet.</param>
    public int ToReviewAt(DateTimeOffset now) => Unreviewed.Count(grant => grant.ExpiresAt <= now && SafetyWords.MayReview(grant, Reader) is null);
}
