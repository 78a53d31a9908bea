using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Triage.Detectors;

/// <summary>Plaintext where there was none in the hour before. Plaintext that has always been there is a finding of the mTLS page.</summary>
internal sealed class PlaintextDetector : IDetector
{
    public const string Code = "plaintext";

    public IEnumerable<Observation> Look(TriageInput input)
    {
        if (!input.Usual.IsKnown)
        {
            yield break;
        }

        foreach (var edge in input.Mtls.Plaintext)
        {
            var key = $"{edge.Source}|{edge.Target}|{edge.Protocol}";
            if (input.Usual.PlaintextEdges.Contains(key) || !NodeId.TryParse(edge.Target, out var target) || !input.Current.Contains(target.Cluster))
            {
                continue;
            }

            var rate = edge.RequestsPerSecond is { } requests ? Figures.Rate(requests, "requests")
                : edge.ConnectionsPerSecond is { } connections ? Figures.Rate(connections, "connections")
                : "an unknown rate";
            yield return new Observation
            {
                Id = $"{Code}:{key}",
                Code = Code,
                Severity = TriageSeverity.Warning,
                Title = $"{Capital(TriageInput.Name(edge.Source))} sends plaintext to {TriageInput.Name(edge.Target)}",
                Detail = $"{rate} arrive unencrypted; in the hour before there was none. {edge.Reason}",
                Node = edge.Target,
                Edge = key,
                Page = $"mtls?selected={Uri.EscapeDataString(key)}",
                Evidence = [new("Plaintext", rate, "none")],
                Near = WithoutProxy(input),
                NextSteps = [new TriageStep(edge.Fix, "mtls")],
                Weight = edge.RequestsPerSecond ?? edge.ConnectionsPerSecond ?? 0,
            };
        }
    }

    /// <summary>Workloads that could be the caller whom the callee cannot name.</summary>
    private static System.Collections.Immutable.ImmutableArray<string> WithoutProxy(TriageInput input) =>
    [
        .. input.Snapshot.Clusters.SelectMany(c => c.Workloads)
            .Where(w => w.DataPlane == DataPlane.None && !w.Pods.IsEmpty)
            .Select(w => $"{w.Id.Namespace}/{w.Id.Name}"),
    ];

    private static string Capital(string text) => text.StartsWith("an ", StringComparison.Ordinal) ? $"A{text[1..]}" : text;
}
