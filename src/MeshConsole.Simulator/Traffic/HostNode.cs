using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;

namespace MeshConsole.Simulator.Traffic;

/// <summary>A host that is called: a Service, a host of a ServiceEntry, or a name nobody knows. Its place in the engine's list never changes.</summary>
internal sealed class HostNode(int index, string host)
{
    public int Index { get; } = index;

    public string Host { get; } = host;

    public ulong Seed { get; } = Noise.Hash(host);

    public bool Known { get; set; }

    public string Namespace { get; set; } = "unknown";

    /// <summary>As in the label <c>destination_service_name</c>.</summary>
    public string Name { get; set; } = host;

    public TrafficProtocol Protocol { get; set; }

    /// <summary>Service port → what the pods listen on; empty for external hosts.</summary>
    public ImmutableArray<(int Port, int TargetPort, TrafficProtocol Protocol)> Ports { get; set; } = [];

    public bool Headless { get; set; }

    /// <summary>Null for anything but a host outside the mesh.</summary>
    public ExternalBlueprint? External { get; set; }

    /// <summary>Workloads whose pods the Service selects, and those pods that are ready.</summary>
    public ImmutableArray<HostEndpoint> Endpoints { get; set; } = [];
}

/// <summary>The ready pods of one workload behind a host.</summary>
internal sealed record HostEndpoint(WorkloadNode Workload, ImmutableArray<PodModel> Pods);
