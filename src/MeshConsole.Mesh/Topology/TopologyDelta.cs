using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// What leads from one view to the next: nodes by id, edges by key (<c>source|target|protocol</c>). Added and changed ones
/// come whole.
/// </summary>
/// <param name="FromRevision">Revision of the view it starts from.</param>
/// <param name="Revision">Revision of the view it leads to.</param>
/// <param name="Window">Rate window in seconds.</param>
public sealed record TopologyDelta(
    long FromRevision,
    long Revision,
    DateTimeOffset ObservedAt,
    double Window,
    ImmutableArray<TopologyNode> AddedNodes,
    ImmutableArray<TopologyNode> ChangedNodes,
    ImmutableArray<string> RemovedNodes,
    ImmutableArray<TopologyEdge> AddedEdges,
    ImmutableArray<TopologyEdge> ChangedEdges,
    ImmutableArray<string> RemovedEdges)
{
    /// <summary>Whether both views look the same; revision and time may still differ.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty =>
        AddedNodes.IsEmpty && ChangedNodes.IsEmpty && RemovedNodes.IsEmpty && AddedEdges.IsEmpty && ChangedEdges.IsEmpty && RemovedEdges.IsEmpty;

    public static TopologyDelta Between(TopologyView old, TopologyView current)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(current);
        var nodes = Compare(old.Nodes, current.Nodes, node => node.Id, TopologyEquality.Same);
        var edges = Compare(old.Edges, current.Edges, edge => edge.Key, TopologyEquality.Same);
        return new TopologyDelta(old.Revision, current.Revision, current.ObservedAt, current.Window, nodes.Added, nodes.Changed, nodes.Removed, edges.Added, edges.Changed, edges.Removed);
    }

    /// <summary>The view this delta leads to, from the one it starts from.</summary>
    public TopologyView ApplyTo(TopologyView old)
    {
        ArgumentNullException.ThrowIfNull(old);
        return new TopologyView(
            Revision,
            ObservedAt,
            Window,
            [.. Apply(old.Nodes, AddedNodes, ChangedNodes, RemovedNodes, node => node.Id).OrderBy(node => node.Id, StringComparer.Ordinal)],
            [
                .. Apply(old.Edges, AddedEdges, ChangedEdges, RemovedEdges, edge => edge.Key)
                    .OrderBy(edge => edge.Source, StringComparer.Ordinal)
                    .ThenBy(edge => edge.Target, StringComparer.Ordinal)
                    .ThenBy(edge => edge.Protocol, StringComparer.Ordinal),
            ]);
    }

    private static (ImmutableArray<T> Added, ImmutableArray<T> Changed, ImmutableArray<string> Removed) Compare<T>(
        ImmutableArray<T> old, ImmutableArray<T> current, Func<T, string> key, Func<T, T, bool> same)
    {
        var before = new Dictionary<string, T>(old.Length, StringComparer.Ordinal);
        foreach (var item in old)
        {
            before[key(item)] = item;
        }

        var added = ImmutableArray.CreateBuilder<T>();
        var changed = ImmutableArray.CreateBuilder<T>();
        foreach (var item in current)
        {
            if (!before.Remove(key(item), out var known))
            {
                added.Add(item);
            }
            else if (!same(known, item))
            {
                changed.Add(item);
            }
        }

        var removed = before.Keys.ToArray();
        Array.Sort(removed, StringComparer.Ordinal);
        return (added.ToImmutable(), changed.ToImmutable(), ImmutableCollectionsMarshal.AsImmutableArray(removed));
    }

    private static IEnumerable<T> Apply<T>(ImmutableArray<T> old, ImmutableArray<T> added, ImmutableArray<T> changed, ImmutableArray<string> removed, Func<T, string> key)
    {
        var items = old.ToDictionary(key, StringComparer.Ordinal);
        foreach (var item in removed)
        {
            items.Remove(item);
        }

        foreach (var item in changed.AddRange(added))
        {
            items[key(item)] = item;
        }

        return items.Values;
    }
}
