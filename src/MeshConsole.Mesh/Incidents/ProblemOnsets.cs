using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

/// <summary>
/// Remembers each open problem as it was judged at its first sight: the triage itself knows only how it is now, and whoever
/// opens an incident does so minutes later.
/// </summary>
public sealed class ProblemOnsets(ITriage triage, IMeshSnapshots snapshots, IMeshViews views)
{
    private ImmutableDictionary<string, JudgedProblem> _first = ImmutableDictionary<string, JudgedProblem>.Empty;

    /// <summary>Follows the triage until it is disposed.</summary>
    public IDisposable Follow()
    {
        triage.Changed += Look;
        return new Following(() => triage.Changed -= Look);
    }

    /// <summary>The first judgement of a problem that is open; null for one that was not seen to begin.</summary>
    public JudgedProblem? First(string id) => _first.GetValueOrDefault(id);

    /// <summary>A problem as it is judged now; null when it is not open.</summary>
    public JudgedProblem? Now(string id)
    {
        var view = triage.Current;
        return view.Problems.FirstOrDefault(problem => string.Equals(problem.Id, id, StringComparison.Ordinal)) is { } found ? Judged(found, view.ObservedAt) : null;
    }

    // Called from the triage's loop, one look after the other.
    private void Look()
    {
        var view = triage.Current;
        var open = view.Problems.Select(problem => problem.Id).ToHashSet(StringComparer.Ordinal);
        _first = _first
            .RemoveRange(_first.Keys.Where(id => !open.Contains(id)))
            .AddRange(view.Problems.Where(problem => !_first.ContainsKey(problem.Id)).Select(problem => KeyValuePair.Create(problem.Id, Judged(problem, view.ObservedAt))));
    }

    private JudgedProblem Judged(TriageProblem problem, DateTimeOffset at) =>
        new(problem, at, BlastGraph.Of(problem, views.Topology(snapshots.Current, MeshQuery.All, TopologyLevel.Workload)));

    private sealed class Following(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
