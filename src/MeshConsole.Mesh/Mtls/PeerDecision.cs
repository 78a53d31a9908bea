using System.Collections.Immutable;

namespace MeshConsole.Mesh.Mtls;

/// <summary>What PeerAuthentication policies come to for one workload.</summary>
/// <param name="Mode">Never <see cref="PeerMode.Unset"/>.</param>
/// <param name="DecidedBy">The policy the mode comes from; null for Istio's default (PERMISSIVE).</param>
/// <param name="Ports">Ports with a mode of their own, ascending.</param>
/// <param name="Notes">Policies that lose, are ignored, or cannot be read, in words.</param>
public sealed record PeerDecision(PeerMode Mode, ObjectReference? DecidedBy, ImmutableArray<PeerPortDecision> Ports, ImmutableArray<string> Notes);

/// <param name="Port">Container port.</param>
/// <param name="DecidedBy">The policy the mode comes from; null for Istio's default.</param>
public sealed record PeerPortDecision(int Port, PeerMode Mode, ObjectReference? DecidedBy, ImmutableArray<string> Notes);
