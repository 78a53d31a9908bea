using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Where the facts of one cluster come from.</summary>
/// <param name="Name">Configured name of the cluster.</param>
public sealed record ClusterSources(string Name, IClusterObjectSource Objects, ITelemetrySource Telemetry);
