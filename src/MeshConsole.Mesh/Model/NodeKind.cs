namespace MeshConsole.Mesh.Model;

/// <summary>What a node of the topology stands for. The lower-case name is part of the node's id.</summary>
public enum NodeKind
{
    Workload,
    Service,
    App,
    Namespace,
    Gateway,
    External,
    Unknown,
    Waypoint,

    /// <summary>What a gateway was asked to do, as telemetry classifies requests (<c>request_operation</c>); its namespace is the gateway's.</summary>
    Operation,
}
