using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>Everything that speaks for or against STRICT on one workload, whoever asks for whatever scope.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Decision">The mode in force; null while PeerAuthentications are not known.</param>
/// <param name="Level">Which level of policy decides it.</param>
/// <param name="Unseen">Callers that the look-back cannot show; like <paramref name="Unproven"/>, of some ports.</param>
/// <param name="Uncovered">Set when pods have no proxy that would enforce STRICT.</param>
/// <param name="Idle">Set when nothing arrived in the look-back: why that proves nothing. It counts where the workload can be called at all.</param>
internal sealed record WorkloadFindings(
    Workload Workload,
    PeerDecision? Decision,
    PolicyLevel Level,
    ImmutableArray<PortFinding> Blockers,
    ImmutableArray<ReadinessFinding> Unproven,
    ImmutableArray<PortFinding> Unseen,
    ImmutableArray<ReadinessFinding> Warnings,
    ReadinessFinding? Idle,
    ReadinessFinding? Uncovered,
    bool HasService);

/// <param name="Ports">Container ports it is about; default when it cannot be told, which is all of them.</param>
internal sealed record PortFinding(ReadinessFinding Finding, ImmutableArray<int> Ports)
{
    public bool Concerns(int port) => Ports.IsDefault || Ports.Contains(port);
}

/// <summary>Where the mode of a workload comes from.</summary>
internal enum PolicyLevel
{
    /// <summary>Istio's default, or a policy for the whole mesh.</summary>
    Mesh,
    Namespace,
    Workload,
}
