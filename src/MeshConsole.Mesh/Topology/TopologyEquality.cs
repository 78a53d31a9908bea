using System.Collections.Immutable;

namespace MeshConsole.Mesh.Topology;

/// <summary>Compares nodes and edges by what they say: records compare their lists by reference only.</summary>
public static class TopologyEquality
{
    public static bool Same(TopologyNode x, TopologyNode y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return ReferenceEquals(x, y)
            || (SameItems(x.Reasons, y.Reasons) && SameItems(x.Badges, y.Badges) && x with { Reasons = [], Badges = [] } == y with { Reasons = [], Badges = [] });
    }

    public static bool Same(TopologyEdge x, TopologyEdge y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return ReferenceEquals(x, y)
            || (SameItems(x.Responses, y.Responses) && x with { Responses = [] } == y with { Responses = [] });
    }

    private static bool SameItems<T>(ImmutableArray<T> x, ImmutableArray<T> y) =>
        x == y || (!x.IsDefault && !y.IsDefault && x.AsSpan().SequenceEqual(y.AsSpan()));
}
