using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Where the facts of one cluster come from.</summary>
/// <param name="Name">Configured name of the cluster.</param>
/// <param name="RootNamespace">See <see cref="ClusterSnapshot.RootNamespace"/>.</param>
public sealed record ClusterSources(string Name, IClusterObjectSource Objects, ITelemetrySource Telemetry, string RootNamespace = ClusterSnapshot.DefaultRootNamespace);
