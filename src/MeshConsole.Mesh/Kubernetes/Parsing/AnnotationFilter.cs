using System.Text;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Which annotations of a kind are kept. All labels are: selectors match on any of them.</summary>
internal sealed class AnnotationFilter
{
    private readonly byte[][]? _prefixes;

    private AnnotationFilter(int longestValue, params string[] prefixes)
    {
        LongestValue = longestValue;
        _prefixes = prefixes.Length == 0 ? null : [.. prefixes.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>Every annotation: objects of which there are few and whose owner is read from them.</summary>
    public static AnnotationFilter All { get; } = new(int.MaxValue);

    /// <summary>What says how a pod is meshed.</summary>
    public static AnnotationFilter Pods { get; } = new(
        int.MaxValue,
        "istio.io/",
        "sidecar.istio.io/",
        "traffic.sidecar.istio.io/",
        "service.istio.io/",
        "security.istio.io/",
        "proxy.istio.io/",
        "inject.istio.io/",
        "ambient.istio.io/",
        "networking.istio.io/",
        "gateway.istio.io/",
        "gateway.networking.k8s.io/",
        "prometheus.istio.io/",
        "linkerd.io/",
        "config.linkerd.io/");

    /// <summary>
    /// What says who renews a certificate. Values are kept only where they are short: an annotation is a place where a
    /// copy of the data can hide.
    /// </summary>
    public static AnnotationFilter Secrets { get; } = new(
        253,
        "cert-manager.io/",
        "controller.cert-manager.io/",
        "istio.io/",
        "linkerd.io/",
        "meta.helm.sh/",
        "argocd.argoproj.io/",
        "trust.cert-manager.io/");

    /// <summary>Longest value kept, in bytes as sent.</summary>
    public int LongestValue { get; }

    public bool Keeps(ReadOnlySpan<byte> key)
    {
        if (_prefixes is null)
        {
            return true;
        }

        foreach (var prefix in _prefixes)
        {
            if (key.StartsWith(prefix))
            {
                return true;
            }
        }

        return false;
    }
}
