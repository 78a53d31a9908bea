using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Collection;

/// <summary>How one cluster is reached, resolved from its options: files read, addresses parsed.</summary>
internal sealed record ClusterConnection(string Name, KubernetesConnection Kubernetes, PrometheusEndpoint Prometheus, ImmutableArray<string> Namespaces, string RootNamespace)
{
    /// <summary>Ends when there is telemetry to ask for: the demo works out its past first. A real Prometheus is asked at once.</summary>
    public Task TelemetryReady { get; init; } = Task.CompletedTask;

    /// <summary>
    /// Resolves the options. Faults of the kubeconfig are found here, before anything starts; a server that does not
    /// answer is no fault of the configuration, and its sources will say so.
    /// </summary>
    /// <exception cref="KubeconfigException">The file, its context or its credentials cannot be used.</exception>
    public static ClusterConnection Resolve(ClusterOptions cluster, TelemetryOptions telemetry, TimeProvider time) => new(
        cluster.Name,
        cluster.InCluster ? InClusterConnection.Create(time) : Kubeconfig.Load(cluster.Kubeconfig).Connect(cluster.Context, time),
        new PrometheusEndpoint(WithTrailingSlash(cluster.PrometheusUrl!), cluster.PrometheusBearerTokenFile) { QueryTimeout = telemetry.QueryTimeout },
        [.. cluster.Namespaces],
        cluster.RootNamespace);

    /// <summary>Resolves every configured cluster; each fault names its key.</summary>
    public static (ImmutableArray<ClusterConnection> Connections, ImmutableArray<ConfigurationFault> Faults) ResolveAll(MeshConsoleOptions options, TimeProvider time)
    {
        var connections = ImmutableArray.CreateBuilder<ClusterConnection>();
        var faults = ImmutableArray.CreateBuilder<ConfigurationFault>();
        for (var i = 0; i < options.Clusters.Count; i++)
        {
            var cluster = options.Clusters[i];
            try
            {
                connections.Add(Resolve(cluster, options.Telemetry, time));
            }
            catch (KubeconfigException exception)
            {
                faults.Add(new ConfigurationFault($"{MeshConsoleOptions.SectionName}:Clusters:{i}:{(cluster.InCluster ? "InCluster" : "Kubeconfig")}", cluster.Kubeconfig, exception.Message));
            }
        }

        return (connections.ToImmutable(), faults.ToImmutable());
    }

    // A relative address replaces the last segment of a base without a slash: a path prefix would be lost.
    private static Uri WithTrailingSlash(string url) => new(url.EndsWith('/') ? url : url + "/");
}
