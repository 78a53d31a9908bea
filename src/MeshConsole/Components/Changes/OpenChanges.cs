using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Components.Changes;

/// <summary>Changes that have not ended, read once per circuit and cascaded to all its parts.</summary>
/// <param name="Reader">As whom they were read.</param>
/// <param name="Problem">Why they are not known; null when they are.</param>
public sealed record OpenChanges(ImmutableArray<ChangeRecord> All, Actor Reader, ChangeException? Problem)
{
    /// <summary>The change that has the route's object, or waits for it: an active one before one that waits. Null when there is none.</summary>
    /// <param name="key"><c>cluster/namespace/kind/name</c>.</param>
    public ChangeRecord? On(string key) => All
        .Where(change => string.Equals(change.Plan.Target.Key, key, StringComparison.Ordinal))
        .OrderByDescending(change => change.State.IsActive())
        .ThenByDescending(change => change.Id, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>How many wait for the reader.</summary>
    public int Waiting => All.Count(change => ChangeWords.WaitsFor(change, Reader));
}
