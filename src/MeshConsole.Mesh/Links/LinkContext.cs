using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Links;

/// <summary>What a link is about: names of the cluster, not yet trusted, and a time.</summary>
/// <param name="Subject">Which templates are meant.</param>
/// <param name="From">Begin of the time that is shown there.</param>
/// <param name="To">Its end.</param>
public sealed record LinkContext(LinkSubject Subject, DateTimeOffset From, DateTimeOffset To)
{
    public string? Cluster { get; init; }

    /// <summary>Of an edge: that of its callee.</summary>
    public string? Namespace { get; init; }

    public string? Workload { get; init; }

    public string? Service { get; init; }

    public string? Source { get; init; }

    public string? SourceNamespace { get; init; }

    public string? Destination { get; init; }

    /// <summary>Id of the problem.</summary>
    public string? Problem { get; init; }

    /// <summary>Of a node of the topology; null for one that is in no cluster, or has no name of its own.</summary>
    public static LinkContext? OfNode(string id, DateTimeOffset from, DateTimeOffset to) => !NodeId.TryParse(id, out var node) ? null : node.Kind switch
    {
        NodeKind.Workload or NodeKind.Gateway or NodeKind.Waypoint => new LinkContext(LinkSubject.Workload, from, to) { Cluster = node.Cluster, Namespace = node.Namespace, Workload = node.Name },
        NodeKind.Service => new LinkContext(LinkSubject.Service, from, to) { Cluster = node.Cluster, Namespace = node.Namespace, Service = node.Name },
        NodeKind.Namespace => new LinkContext(LinkSubject.Namespace, from, to) { Cluster = node.Cluster, Namespace = node.Name },
        _ => null,
    };

    /// <summary>Of an edge between two such nodes.</summary>
    /// <param name="service">Host that is called; null when not known.</param>
    public static LinkContext? OfEdge(string source, string target, string? service, DateTimeOffset from, DateTimeOffset to) =>
        NodeId.TryParse(source, out var caller) && NodeId.TryParse(target, out var callee) && caller.Kind != NodeKind.Unknown && callee.Kind != NodeKind.Unknown
            ? new LinkContext(LinkSubject.Edge, from, to)
            {
                Cluster = callee.Cluster,
                Namespace = callee.Namespace,
                Source = caller.Name,
                SourceNamespace = caller.Namespace,
                Destination = callee.Name,
                Service = service,
            }
            : null;

    /// <summary>Of a problem; what it is not about (it may be about no node) stays unknown, and templates that ask for it give no link.</summary>
    public static LinkContext OfProblem(string id, string? node, string? edge, DateTimeOffset from, DateTimeOffset to)
    {
        var about = NodeId.TryParse(node ?? edge?.Split('|').ElementAtOrDefault(1), out var found) && found.Kind != NodeKind.Unknown ? found : (NodeId?)null;
        return new LinkContext(LinkSubject.Problem, from, to) { Problem = id, Cluster = about?.Cluster, Namespace = about?.Namespace, Workload = about?.Name };
    }

    /// <summary>What stands in for a placeholder; null when it is not known.</summary>
    internal string? Value(string placeholder) => placeholder switch
    {
        "cluster" => Cluster,
        "namespace" => Namespace,
        "workload" => Workload,
        "service" => Service,
        "source" => Source,
        "source.namespace" => SourceNamespace,
        "destination" => Destination,
        "problem" => Problem,
        "from" => Milliseconds(From),
        "to" => Milliseconds(To),
        "from.iso" => Iso(From),
        "to.iso" => Iso(To),
        _ => throw new ArgumentOutOfRangeException(nameof(placeholder), placeholder, null),
    };

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
