using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Panels;

/// <summary>Which changes concern what a panel is of.</summary>
public static class PanelChanges
{
    /// <summary>Its own objects, what touches one of its workloads, and marks, which concern everything.</summary>
    public static bool Concerns(PanelView panel, TimelineEntry entry)
    {
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(entry);
        if (panel.Kind == PanelKind.Mesh || entry.Kind == TimelineKind.Mark)
        {
            return true;
        }

        foreach (var id in panel.Workloads)
        {
            if (NodeId.TryParse(id, out var node) && string.Equals(node.Cluster, entry.Cluster, StringComparison.Ordinal)
                && ((string.Equals(entry.Namespace, node.Namespace, StringComparison.Ordinal) && string.Equals(entry.Name, node.Name, StringComparison.Ordinal))
                    || entry.Touches.Any(touched => touched == "*" || touched == $"{node.Namespace}/*" || touched == $"{node.Namespace}/{node.Name}")))
            {
                return true;
            }
        }

        return panel.Objects.Any(item => string.Equals(item.Cluster, entry.Cluster, StringComparison.Ordinal)
            && string.Equals(item.Kind, entry.ObjectKind, StringComparison.Ordinal)
            && string.Equals(item.Namespace, entry.Namespace, StringComparison.Ordinal)
            && string.Equals(item.Name, entry.Name, StringComparison.Ordinal));
    }
}
