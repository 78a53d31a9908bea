using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Triage.Detectors;

namespace MeshConsole.Mesh.Triage;

/// <summary>
/// Remembers from look to look what was seen: a problem opens when it has been seen often enough, keeps the time of its first
/// sight, and closes only after it has stayed away for a while, so that what flickers is one problem and not ten. Not
/// thread-safe: one triage loop owns it.
/// </summary>
internal sealed class ProblemTracker
{
    /// <summary>Looks without sight of it until a problem counts as over.</summary>
    private const int CloseAfter = 3;

    private readonly Dictionary<string, Tracked> _tracked = new(StringComparer.Ordinal);

    /// <summary>Takes one look in.</summary>
    /// <param name="current">Clusters whose traffic can be judged: where it cannot, trouble with traffic is neither confirmed nor over.</param>
    /// <returns>What is open now, in the order of the ids.</returns>
    public ImmutableArray<(Observation Observation, DateTimeOffset Since)> Look(IEnumerable<Observation> seen, DateTimeOffset at, IReadOnlySet<string> current)
    {
        var now = new HashSet<string>(StringComparer.Ordinal);
        foreach (var observation in seen)
        {
            now.Add(observation.Id);
            _tracked[observation.Id] = _tracked.TryGetValue(observation.Id, out var known)
                ? known with { Observation = observation, Looks = known.Looks + 1, Missed = 0 }
                : new Tracked(observation, at, 1, 0);
        }

        foreach (var (id, known) in _tracked.Where(t => !now.Contains(t.Key)).ToList())
        {
            if (IsTraffic(known.Observation) && NodeId.TryParse(known.Observation.Node, out var node) && !current.Contains(node.Cluster))
            {
                continue;
            }

            // What never opened is forgotten at once: two sights with a gap between them are no trend.
            if (!known.IsOpen || known.Missed + 1 >= Patience(known.Observation))
            {
                _tracked.Remove(id);
            }
            else
            {
                _tracked[id] = known with { Missed = known.Missed + 1 };
            }
        }

        return [.. _tracked.Values.Where(t => t.IsOpen).OrderBy(t => t.Observation.Id, StringComparer.Ordinal).Select(t => (t.Observation, t.Since))];
    }

    private static bool IsTraffic(Observation observation) =>
        observation.Code is ErrorDetector.Code or EdgeErrorDetector.Code or LatencyDetector.Code or TrafficDetector.Drop or TrafficDetector.Surge or PlaintextDetector.Code or CanaryDetector.Code;

    /// <summary>A source that answers, answers.</summary>
    private static int Patience(Observation observation) => observation.Code == SourceDetector.Code ? 1 : CloseAfter;

    private sealed record Tracked(Observation Observation, DateTimeOffset Since, int Looks, int Missed)
    {
        public bool IsOpen => Looks >= Observation.Looks;
    }
}
