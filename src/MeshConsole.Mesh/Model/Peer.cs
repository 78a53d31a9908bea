namespace MeshConsole.Mesh.Model;

/// <summary>One end of an edge as telemetry names it; app and version are null where telemetry says <c>unknown</c> or nothing.</summary>
public sealed record Peer(WorkloadId Workload, string? App, string? Version);
