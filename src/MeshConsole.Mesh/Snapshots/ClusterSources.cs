using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Where the facts of one cluster come from.</summary>
/// <param name="Name">Configured name of the cluster.</param>
/// <param name="RootNamespace">See <see cref="ClusterSnapshot.RootNamespace"/>.</param>
public sealed record ClusterSources(string Name, IClusterObjectSource Objects, ITelemetrySource Telemetry, string RootNamespace = ClusterSnapshot.DefaultRootNamespace)
{
    /// <summary>What is really served at configured addresses; null where nothing is probed.</summary>
    public CertificateProber? Prober { get; init; }

    /// <summary>Reads the clocks of the machines that answer; none until they have.</summary>
    public Func<ImmutableArray<ClockSkew>> Clocks { get; init; } = static () => [];
}
