using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Whose requests a history is of. Names come from clusters and address bars and are hostile; a dialect passes them through
/// <see cref="PromQl"/>.
/// </summary>
/// <param name="Callers">Workloads whose requests count, as for gateways; empty for those of every caller.</param>
/// <param name="Namespaces">Requests from or to these namespaces (for <see cref="HistoryPart.Security"/>: to them); empty for all.</param>
public sealed record HistoryScope(ImmutableArray<WorkloadId> Callers, ImmutableArray<string> Namespaces)
{
    /// <summary>Narrows the histories of protection to what one workload receives; null for all.</summary>
    public WorkloadId? Callee { get; init; }

    /// <summary>Who calls; empty for everybody.</summary>
    public ImmutableArray<HistoryEnd> From { get; init; } = [];

    /// <summary>Who is called; empty for everybody.</summary>
    public ImmutableArray<HistoryEnd> To { get; init; } = [];

    /// <summary>
    /// Hosts that are called; empty for all. The caller's proxy names them; of what callees see <see cref="To"/> decides
    /// alone, since a callee may name another Service that selects the same pods.
    /// </summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Whether <see cref="To"/> counts at the caller too where hosts are named: only what reached those workloads.</summary>
    public bool Reached { get; init; }

    /// <summary>What requests are classified as (<c>request_operation</c>); empty for those that are not, null for all.</summary>
    public string? Operation { get; init; }

    /// <summary><c>http</c> or <c>grpc</c>; null for both.</summary>
    public string? Protocol { get; init; }

    /// <summary>Every request of the mesh.</summary>
    public static HistoryScope All { get; } = new([], []);
}
