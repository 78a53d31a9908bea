using System.Runtime.CompilerServices;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Hubs;

/// <summary>
/// Deltas between views, computed once for all streams that go from the same view to the same view: two hundred browsers
/// on one page cost one comparison. Entries live as long as their views.
/// </summary>
internal sealed class TopologyDeltas
{
    private readonly ConditionalWeakTable<TopologyView, ConditionalWeakTable<TopologyView, TopologyDelta>> _byTarget = [];

    /// <summary>What leads from <paramref name="old"/> to <paramref name="current"/>; null when they look the same.</summary>
    public TopologyDelta? Between(TopologyView old, TopologyView current)
    {
        if (ReferenceEquals(old, current))
        {
            return null;
        }

        var delta = _byTarget.GetOrCreateValue(current).GetValue(old, source => TopologyDelta.Between(source, current));
        return delta.IsEmpty ? null : delta;
    }
}
