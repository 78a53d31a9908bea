using System.Collections.Immutable;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>One end of the calls that a history is of.</summary>
/// <param name="Workloads">Workloads of the namespace; empty for all of them.</param>
/// <param name="Except">
/// The opposite: without workloads every other namespace, with workloads all others of this one. What is not in a set of
/// workloads of a namespace is two ends.
/// </param>
public sealed record HistoryEnd(string Namespace, ImmutableArray<string> Workloads, bool Except = false);
