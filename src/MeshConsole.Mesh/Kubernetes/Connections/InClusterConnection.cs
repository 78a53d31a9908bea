using System.Security.Cryptography;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>The connection of a pod to the API server of its own cluster, by its service account.</summary>
public static class InClusterConnection
{
    private const string StandardDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Makes the connection. Token and authorities are read again while the console runs, since both are renewed.</summary>
    /// <param name="environment">Reads environment variables; null for those of the process.</param>
    /// <param name="directory">Where the service account is mounted; null for the usual place.</param>
    /// <exception cref="KubeconfigException">The console does not run in a pod, or the pod has no service account mounted.</exception>
    public static KubernetesConnection Create(TimeProvider time, Func<string, string?>? environment = null, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        environment ??= Environment.GetEnvironmentVariable;
        directory ??= StandardDirectory;
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeconfigException("InCluster", "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: the console does not run in a pod. Set InCluster to false and name a kubeconfig");
        }

        var authority = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host;
        if (!Uri.TryCreate($"https://{authority}:{port}/", UriKind.Absolute, out var server))
        {
            throw new KubeconfigException("InCluster", $"KUBERNETES_SERVICE_HOST \"{Printable.Text(host, 100)}\" and KUBERNETES_SERVICE_PORT \"{Printable.Text(port, 20)}\" do not make an address");
        }

        var tokenFile = Path.Combine(directory, "token");
        if (!File.Exists(tokenFile))
        {
            throw new KubeconfigException(tokenFile, "the file does not exist: the pod has no service account mounted. Set automountServiceAccountToken to true");
        }

        var authoritiesFile = Path.Combine(directory, "ca.crt");
        CertificateAuthorities authorities;
        try
        {
            authorities = CertificateAuthorities.OfFile(authoritiesFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KubeconfigException(authoritiesFile, $"the cluster's certificate authority cannot be read ({exception.Message}): it must be a bundle of PEM certificates", exception);
        }

        return new KubernetesConnection(
            server,
            "the service account of this pod",
            new TokenFileCredentials(tokenFile, fallbackToken: null, time),
            authorities,
            @namespace: ReadNamespace(directory));
    }

    private static string? ReadNamespace(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "namespace")).Trim() is { Length: > 0 } name ? name : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
