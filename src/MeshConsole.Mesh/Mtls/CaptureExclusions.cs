using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// The <c>traffic.sidecar.istio.io</c> annotations of a workload's pods: traffic they exclude passes by the proxy and is
/// neither encrypted nor checked by it.
/// </summary>
internal static class CaptureExclusions
{
    private const string Prefix = "traffic.sidecar.istio.io/";

    /// <summary>Ports of <c>excludeInboundPorts</c> on any pod, ascending.</summary>
    public static ImmutableArray<int> InboundPorts(Workload workload) => Ports(workload, "excludeInboundPorts");

    /// <summary>Ports of <c>excludeOutboundPorts</c> on any pod, ascending.</summary>
    public static ImmutableArray<int> OutboundPorts(Workload workload) => Ports(workload, "excludeOutboundPorts");

    /// <summary>Name of the annotation that takes address ranges out of the proxy's outbound capture; null when there is none.</summary>
    public static string? OutboundRanges(Workload workload)
    {
        foreach (var pod in workload.Pods)
        {
            if (pod.Meta.Annotations.TryGetValue(Prefix + "excludeOutboundIPRanges", out var excluded) && excluded.Length > 0)
            {
                return Prefix + "excludeOutboundIPRanges";
            }

            if (pod.Meta.Annotations.TryGetValue(Prefix + "includeOutboundIPRanges", out var included) && included.Trim() != "*")
            {
                return Prefix + "includeOutboundIPRanges";
            }
        }

        return null;
    }

    private static ImmutableArray<int> Ports(Workload workload, string annotation)
    {
        SortedSet<int>? ports = null;
        foreach (var pod in workload.Pods)
        {
            if (!pod.Meta.Annotations.TryGetValue(Prefix + annotation, out var list))
            {
                continue;
            }

            foreach (var range in list.AsSpan().Split(','))
            {
                if (int.TryParse(list.AsSpan(range).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                {
                    (ports ??= []).Add(port);
                }
            }
        }

        return ports is null ? [] : [.. ports];
    }
}
