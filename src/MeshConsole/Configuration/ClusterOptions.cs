using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Configuration;

/// <summary>How one cluster and its telemetry are reached.</summary>
public sealed class ClusterOptions
{
    /// <summary>First part of every node id of this cluster; letters, digits, '.', '-' and '_'.</summary>
    public string Name { get; set; } = "";

    /// <summary>Path of a kubeconfig; null means KUBECONFIG, else the default file.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>Context of the kubeconfig; null means its current context.</summary>
    public string? Context { get; set; }

    /// <summary>Uses the service account of the pod the console runs in, instead of a kubeconfig.</summary>
    public bool InCluster { get; set; }

    /// <summary>Base address of Prometheus, with path prefix where there is one.</summary>
    public string? PrometheusUrl { get; set; }

    /// <summary>File with a bearer token for Prometheus, read again when it changes.</summary>
    public string? PrometheusBearerTokenFile { get; set; }

    /// <summary>Namespaces to watch; empty means all.</summary>
    public List<string> Namespaces { get; set; } = [];

    /// <summary>The mesh's root namespace, as <c>rootNamespace</c> of its mesh configuration says.</summary>
    public string RootNamespace { get; set; } = ClusterSnapshot.DefaultRootNamespace;
}
