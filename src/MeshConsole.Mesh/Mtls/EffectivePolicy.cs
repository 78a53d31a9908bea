using System.Collections.Immutable;

namespace MeshConsole.Mesh.Mtls;

/// <summary>One row of <c>GET /api/v1/mtls/policies</c>: the mode in force for a workload, or for one of its ports.</summary>
/// <param name="Workload">Node id.</param>
/// <param name="Port">Container port; null for all ports not named otherwise.</param>
/// <param name="Mode"><c>STRICT, PERMISSIVE, DISABLE</c>; <c>UNKNOWN</c> while PeerAuthentications have not been read, with the reason among the conflicts.</param>
/// <param name="DecidedBy">The object that decided; null when it is the mesh's default.</param>
/// <param name="Conflicts">Objects or settings that lose, contradict or have no effect, in words.</param>
public sealed record EffectivePolicy(string Workload, int? Port, string Mode, ObjectReference? DecidedBy, ImmutableArray<string> Conflicts);

public sealed record ObjectReference(string Kind, string Namespace, string Name);
