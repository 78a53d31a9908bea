using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// Reads from a pod which data plane really carries its traffic. Labels of namespaces and pods say what was asked for; the
/// containers and the annotations that the mesh itself writes say what is.
/// </summary>
public static class ProxyDetection
{
    private const string IstioProxy = "istio-proxy";
    private const string LinkerdProxy = "linkerd-proxy";

    /// <summary>
    /// The pod's data plane. A gateway counts as <see cref="DataPlane.Sidecar"/> (its only container is the proxy, and its
    /// callees see a proxy), a waypoint as <see cref="DataPlane.Ambient"/>, ztunnel as <see cref="DataPlane.None"/>: it
    /// carries the traffic of others, although its container is called <c>istio-proxy</c> too.
    /// </summary>
    public static DataPlane Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (IsZtunnel(pod))
        {
            return DataPlane.None;
        }

        if (IsWaypoint(pod))
        {
            return DataPlane.Ambient;
        }

        if (Proxy(pod) is { } proxy)
        {
            return string.Equals(proxy.Name, LinkerdProxy, StringComparison.Ordinal) ? DataPlane.Linkerd : DataPlane.Sidecar;
        }

        // Written by the CNI agent once traffic is redirected; a pod with a sidecar is not captured and was answered above.
        return Has(pod.Meta.Annotations, "ambient.istio.io/redirection", "enabled") ? DataPlane.Ambient : DataPlane.None;
    }

    /// <summary>
    /// The proxy's container, ordinary or native sidecar; null without one. <c>istio-init</c> and <c>istio-validation</c>
    /// set up redirection and end: they are no proxies.
    /// </summary>
    public static Container? Proxy(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        foreach (var container in pod.Containers)
        {
            if (container.Name is IstioProxy or LinkerdProxy)
            {
                return container;
            }
        }

        return null;
    }

    /// <summary>An ingress, egress or Gateway API gateway, but not a waypoint: a proxy without an application beside it.</summary>
    public static bool IsGateway(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return !IsWaypoint(pod) && !IsZtunnel(pod) && Proxy(pod) is { Name: IstioProxy } && pod.Containers.Length == 1;
    }

    /// <summary>The L7 proxy of an ambient namespace or service: a Gateway of class <c>istio-waypoint</c>.</summary>
    public static bool IsWaypoint(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Has(pod.Meta.Labels, "gateway.istio.io/managed", "istio.io-mesh-controller")
            || Has(pod.Meta.Labels, "gateway.networking.k8s.io/gateway-class-name", "istio-waypoint");
    }

    public static bool IsZtunnel(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Has(pod.Meta.Labels, "app", "ztunnel")
            && pod.Meta.Owners.Any(owner => owner.Controller && string.Equals(owner.Kind, "DaemonSet", StringComparison.Ordinal));
    }

    /// <summary>
    /// The tag of an image without its build variant: <c>1.30.3</c> for <c>istio/proxyv2:1.30.3-distroless@sha256:…</c>;
    /// null when the image has no tag.
    /// </summary>
    public static string? Version(string image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var name = image.AsSpan();
        var digest = name.IndexOf('@');
        name = digest < 0 ? name : name[..digest];
        var colon = name.LastIndexOf(':');

        // A colon before the last slash belongs to the port of the image registry.
        if (colon < 0 || colon < name.LastIndexOf('/') || colon == name.Length - 1)
        {
            return null;
        }

        var tag = name[(colon + 1)..];
        foreach (var variant in (ReadOnlySpan<string>)["-distroless", "-debug"])
        {
            if (tag.EndsWith(variant, StringComparison.Ordinal))
            {
                tag = tag[..^variant.Length];
            }
        }

        return tag.IsEmpty ? null : tag.ToString();
    }

    private static bool Has(System.Collections.Immutable.ImmutableSortedDictionary<string, string> values, string key, string expected) =>
        values.TryGetValue(key, out var value) && string.Equals(value, expected, StringComparison.Ordinal);
}
