namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// State of one source with its age. <paramref name="Message"/> says, for every state but Live, what happened, where, and
/// what to do next; it never holds a token or a body.
/// </summary>
/// <param name="Name">Stable name: <c>kubernetes/pods</c>, <c>kubernetes/virtualservices</c>, <c>prometheus/requests</c> …</param>
/// <param name="Since">When this state began.</param>
/// <param name="LastSuccess">Last complete answer, or for a watch the last proof that it is current; null when there never was one.</param>
/// <param name="Items">Objects or series held from this source; null when not known.</param>
/// <param name="Cost">How long the last answer took and how large it was; null before the first.</param>
public sealed record SourceStatus(
    string Name,
    SourceState State,
    DateTimeOffset Since,
    DateTimeOffset? LastSuccess,
    string? Message,
    int? Items = null,
    SourceCost? Cost = null);

/// <summary>Cost of the last answer of a source.</summary>
/// <param name="Duration">From request to the last byte parsed.</param>
/// <param name="Bytes">Bytes of the answer after decompression.</param>
public sealed record SourceCost(TimeSpan Duration, long Bytes);
