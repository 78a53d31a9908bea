using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// What of a view is looked at: without some kinds of nodes and edges, and perhaps only some hops around one node. Graph and
/// table go by the same.
/// </summary>
/// <param name="Without">Words of <see cref="Kinds"/>.</param>
/// <param name="Focus">Id of the node in the middle; null for all.</param>
/// <param name="Hops">How far from it, against and along the calls.</param>
public sealed record TopologyScope(ImmutableArray<string> Without, string? Focus, int Hops)
{
    public const int MostHops = 4;

    /// <summary>Everything that can be left out, in the order in which it is offered.</summary>
    public static ImmutableArray<(string Word, string Title)> Kinds { get; } =
    [
        ("idle", "Idle nodes and edges"),
        ("external", "External services"),
        ("unknown", "Unknown callers"),
        ("tcp", "TCP edges"),
        ("gateways", "Gateways"),
        ("waypoints", "Waypoints"),
        ("services", "Services without a workload"),
        ("badges", "Badges"),
        ("boxes", "Boxes"),
    ];

    /// <summary>Reads what an address says; words that mean nothing are left out, hops are brought between 1 and <see cref="MostHops"/>.</summary>
    public static TopologyScope Parse(string? without, string? focus, string? hops)
    {
        var words = (without ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new TopologyScope(
            [.. Kinds.Select(kind => kind.Word).Where(word => words.Contains(word, StringComparer.Ordinal))],
            string.IsNullOrWhiteSpace(focus) ? null : focus,
            int.TryParse(hops, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? Math.Clamp(number, 1, MostHops) : 1);
    }

    public bool Omits(string word) => Without.Contains(word, StringComparer.Ordinal);

    /// <summary>What is left of a view. A focus on a node that is not there leaves all: see <see cref="HasFocus"/>.</summary>
    public TopologyView Of(TopologyView view, TopologyLevel level)
    {
        ArgumentNullException.ThrowIfNull(view);
        var around = HasFocus(view) ? Around(view, Focus!, Hops) : null;
        var callers = level != TopologyLevel.Service && Omits("services") ? view.Edges.Select(edge => edge.Source).ToHashSet(StringComparer.Ordinal) : null;
        var nodes = view.Nodes.Where(node => !Omits(node, callers) && around?.Contains(node.Id) != false).ToList();
        var ids = nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var edges = view.Edges.RemoveAll(edge => !ids.Contains(edge.Source) || !ids.Contains(edge.Target) || Omits(edge));
        if (Omits("idle"))
        {
            // A node that nothing flows to or from is idle whatever it is.
            var touched = edges.SelectMany(edge => new[] { edge.Source, edge.Target }).ToHashSet(StringComparer.Ordinal);
            nodes.RemoveAll(node => !touched.Contains(node.Id));
        }

        return view with { Nodes = [.. nodes], Edges = edges };
    }

    public bool HasFocus(TopologyView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return Focus is not null && view.Nodes.Any(node => string.Equals(node.Id, Focus, StringComparison.Ordinal));
    }

    /// <summary>The nodes that can be reached in so many hops, callers and callees alike; a node that calls itself or a cycle ends the walk as any other.</summary>
    public static IReadOnlySet<string> Around(TopologyView view, string focus, int hops)
    {
        ArgumentNullException.ThrowIfNull(view);
        var neighbours = view.Edges.SelectMany(edge => new[] { (From: edge.Source, To: edge.Target), (From: edge.Target, To: edge.Source) }).ToLookup(pair => pair.From, pair => pair.To, StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal) { focus };
        var rim = new List<string> { focus };
        for (var hop = 0; hop < hops && rim.Count > 0; hop++)
        {
            rim = [.. rim.SelectMany(id => neighbours[id]).Where(found.Add)];
        }

        return found;
    }

    /// <param name="callers">Who sends anything on; null where no service is left out.</param>
    private bool Omits(TopologyNode node, HashSet<string>? callers) => node.Kind switch
    {
        NodeKind.External => Omits("external"),
        NodeKind.Unknown => Omits("unknown"),
        NodeKind.Gateway => Omits("gateways"),
        NodeKind.Waypoint => Omits("waypoints"),

        // Among services it is what the view is about; elsewhere requests that it does not pass on reached nobody.
        NodeKind.Service => callers?.Contains(node.Id) == false,
        _ => false,
    };

    private bool Omits(TopologyEdge edge) =>
        (Omits("tcp") && string.Equals(edge.Protocol, "tcp", StringComparison.Ordinal))
        || (Omits("idle") && !(edge.RequestsPerSecond > 0) && !(edge.ConnectionsPerSecond > 0));
}
