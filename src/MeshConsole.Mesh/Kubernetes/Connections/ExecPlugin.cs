using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>An exec credential plugin as a kubeconfig declares it.</summary>
/// <param name="ApiVersion"><c>client.authentication.k8s.io/v1</c> or <c>v1beta1</c>.</param>
/// <param name="Command">Program; a path with a separator is resolved against the file.</param>
/// <param name="InstallHint">What to say when the program is missing; null when the file says nothing.</param>
/// <param name="ClusterJson">The cluster, as the plugin is told about it; null unless <c>provideClusterInfo</c>.</param>
/// <param name="Origin">File and user entry, for messages.</param>
internal sealed record ExecPlugin(
    string ApiVersion,
    string Command,
    ImmutableArray<string> Arguments,
    ImmutableArray<KeyValuePair<string, string>> Environment,
    string? InstallHint,
    string? ClusterJson,
    string Origin);
