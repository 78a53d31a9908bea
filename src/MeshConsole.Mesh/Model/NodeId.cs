using System.Diagnostics.CodeAnalysis;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// Identity of a node: <c>cluster/namespace/kind/name</c>. It is stable across refreshes and restarts, so links and
/// positions may be kept by it. Parts that are not known are written <c>unknown</c>, never left empty.
/// </summary>
public readonly record struct NodeId(string Cluster, string Namespace, NodeKind Kind, string Name)
{
    public static NodeId Of(WorkloadId workload) => new(workload.Cluster, workload.Namespace, NodeKind.Workload, workload.Name);

    /// <summary>Reads the text form. A name may hold slashes (a host of an external service does not, but a hostile label can).</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        id = default;
        var parts = text?.Split('/', 4);
        if (parts is not { Length: 4 } || parts.Any(string.IsNullOrEmpty))
        {
            return false;
        }

        foreach (var kind in Enum.GetValues<NodeKind>())
        {
            if (string.Equals(parts[2], KindName(kind), StringComparison.Ordinal))
            {
                id = new NodeId(parts[0], parts[1], kind, parts[3]);
                return true;
            }
        }

        return false;
    }

    /// <summary>The kind as the contract spells it.</summary>
    public static string KindName(NodeKind kind) => kind switch
    {
        NodeKind.Workload => "workload",
        NodeKind.Service => "service",
        NodeKind.App => "app",
        NodeKind.Namespace => "namespace",
        NodeKind.Gateway => "gateway",
        NodeKind.External => "external",
        NodeKind.Unknown => "unknown",
        NodeKind.Waypoint => "waypoint",
        NodeKind.Operation => "operation",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public override string ToString() => $"{Cluster}/{Namespace}/{KindName(Kind)}/{Name}";
}
