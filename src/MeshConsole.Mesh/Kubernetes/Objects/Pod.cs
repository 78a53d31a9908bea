using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// A Pod. Labels and annotations are kept only where the console reads them (see the parser), and strings that repeat
/// from pod to pod are interned: at most 1.5 KiB stay in memory for a pod of a large mesh.
/// </summary>
public sealed record Pod : IKubernetesObject
{
    public required ObjectMeta Meta { get; init; }

    public PodPhase Phase { get; init; }

    /// <summary>Condition Ready.</summary>
    public bool Ready { get; init; }

    public string? NodeName { get; init; }

    public string? Ip { get; init; }

    public string? ServiceAccount { get; init; }

    public bool HostNetwork { get; init; }

    /// <summary>Ordinary containers and native sidecars (init containers with <c>restartPolicy: Always</c>), in that order.</summary>
    public ImmutableArray<Container> Containers { get; init; } = [];
}

/// <summary>A container that runs as long as its pod.</summary>
/// <param name="NativeSidecar">Declared under <c>initContainers</c> with <c>restartPolicy: Always</c>.</param>
/// <param name="WaitingReason">Why it does not run, for example <c>CrashLoopBackOff</c>; null when it runs.</param>
public sealed record Container(string Name, string Image, bool NativeSidecar, bool Ready, int RestartCount, string? WaitingReason, ImmutableArray<int> Ports);
