using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>Adds up the security of edges as callees and waypoints report it.</summary>
internal sealed class CoverageTally
{
    private readonly Dictionary<WorkloadId, bool> _workloads = [];
    private SecuritySplit _requests = SecuritySplit.None;
    private SecuritySplit _connections = SecuritySplit.None;
    private int _edges;
    private int _mutualEdges;
    private bool _told;

    /// <summary>Whether no traffic has been added.</summary>
    public bool IsEmpty => _edges == 0;

    /// <summary>Adds all traffic of one pair of workloads over one protocol.</summary>
    public void Add(WorkloadId target, EdgeProtection edge)
    {
        var mutual = edge.IsMutual;
        _told |= edge.IsTold;
        _requests = _requests.Add(edge.Requests);
        _connections = _connections.Add(edge.Connections);
        _edges++;
        _mutualEdges += mutual ? 1 : 0;
        _workloads[target] = mutual && _workloads.GetValueOrDefault(target, true);
    }

    /// <param name="requestsUnknown">Why requests are not known, a sentence; null when they are.</param>
    /// <param name="connectionsUnknown">Why connections are not known; null when they are.</param>
    /// <param name="partly">What is missing from the sums, a sentence; null when nothing is.</param>
    public MtlsCoverage ToCoverage(string? requestsUnknown, string? connectionsUnknown, string? partly = null)
    {
        var reasons = new List<string>();
        var requests = Ratio(_requests, requestsUnknown, "No requests arrived at a proxy in the window.", "No proxy could tell how its requests are protected.", reasons);
        var connections = Ratio(_connections, connectionsUnknown, "No TCP connections were opened in the window.", "No proxy could tell how its TCP connections are protected.", reasons);
        if (partly is not null)
        {
            reasons.Add(partly);
        }

        // With one of the two not known, a share of the other's edges would pass for a share of all.
        var known = requestsUnknown is null && connectionsUnknown is null;
        return new MtlsCoverage
        {
            Requests = requests,
            Connections = connections,
            Workloads = known && _told ? (double)_workloads.Values.Count(m => m) / _workloads.Count : null,
            Edges = known && _told ? (double)_mutualEdges / _edges : null,
            MutualRequestsPerSecond = requestsUnknown is null ? _requests.Mutual : null,
            PlaintextRequestsPerSecond = requestsUnknown is null ? _requests.Plaintext : null,
            UnknownRequestsPerSecond = requestsUnknown is null ? _requests.Unknown : null,
            Message = reasons.Count == 0 ? null : string.Join(' ', reasons.Distinct(StringComparer.Ordinal)),
        };
    }

    private static double? Ratio(SecuritySplit split, string? unknown, string idle, string untold, List<string> reasons)
    {
        if (unknown is not null)
        {
            reasons.Add(unknown);
            return null;
        }

        if (split.Total <= 0)
        {
            reasons.Add(idle);
            return null;
        }

        if (split.Mutual + split.Plaintext <= 0)
        {
            reasons.Add(untold);
            return null;
        }

        return split.Mutual / split.Total;
    }
}
