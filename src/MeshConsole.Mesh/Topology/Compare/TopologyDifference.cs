namespace MeshConsole.Mesh.Topology.Compare;

/// <summary>One difference between two instants, of a node or of an edge.</summary>
public sealed record TopologyDifference
{
    public required DifferenceKind Kind { get; init; }

    /// <summary>The node's id, or the edge's key <c>source|target|protocol</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the caller; null of a node.</summary>
    public string? Source { get; init; }

    /// <summary>Id of the callee; null of a node.</summary>
    public string? Target { get; init; }

    /// <summary>Null of a node.</summary>
    public string? Protocol { get; init; }

    /// <summary>What was measured: <c>requests</c>, <c>connections</c>, <c>errors</c>, <c>latency</c> (the mean), <c>mtls</c>; <c>traffic</c> of a node.</summary>
    public required string Measure { get; init; }

    /// <summary>Unit of <see cref="From"/> and <see cref="To"/>: <c>perSecond</c>, <c>share</c> (0..1), <c>milliseconds</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>At the earlier side; null where it is not known.</summary>
    public double? From { get; init; }

    /// <summary>At the later side; null where it is not known.</summary>
    public double? To { get; init; }

    /// <summary>Why it is not known, a sentence; null of every other kind.</summary>
    public string? Reason { get; init; }

    /// <summary>How much hangs on it, for the ranking within a kind: requests or connections per second it concerns; times milliseconds for latency.</summary>
    internal double Weight { get; init; }

    internal static TopologyDifference Of(TopologyNode node, DifferenceKind kind, double? from, double? to) => new()
    {
        Kind = kind,
        Id = node.Id,
        Measure = "traffic",
        Unit = "perSecond",
        From = from,
        To = to,
        Weight = Math.Max(from ?? 0, to ?? 0),
    };
}
