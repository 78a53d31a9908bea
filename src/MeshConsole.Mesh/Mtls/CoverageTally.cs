using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>Adds up the security of edges as callees and waypoints report it.</summary>
internal sealed class CoverageTally
{
    private readonly Dictionary<WorkloadId, EdgeProtection> _workloads = [];
    private SecuritySplit _requests = SecuritySplit.None;
    private SecuritySplit _connections = SecuritySplit.None;
    private SecuritySplit _bytes = SecuritySplit.None;
    private SecuritySplit _edges = SecuritySplit.None;
    private int _longLived;
    private bool _told;

    /// <summary>Whether no traffic has been added.</summary>
    public bool IsEmpty => _edges.Total == 0;

    /// <summary>Adds all traffic of one pair of workloads over one protocol.</summary>
    public void Add(WorkloadId target, EdgeProtection edge)
    {
        _told |= edge.IsTold;
        _requests = _requests.Add(edge.Requests);
        _connections = _connections.Add(edge.Connections);
        _bytes = _bytes.Add(edge.Bytes);
        _edges = _edges.Add(edge.Class);
        _longLived += edge.IsLongLived ? 1 : 0;

        // By its edges' classes: an edge whose connections are old must not be hidden by one that opens new ones.
        var classes = EdgeProtection.OfRequests(edge.Class);
        _workloads[target] = _workloads.TryGetValue(target, out var known) ? known.Add(classes) : classes;
    }

    /// <param name="requestsUnknown">Why requests are not known, a sentence; null when they are.</param>
    /// <param name="connectionsUnknown">Why connections are not known; null when they are.</param>
    /// <param name="partly">What is missing from the sums, a sentence; null when nothing is.</param>
    public MtlsCoverage ToCoverage(string? requestsUnknown, string? connectionsUnknown, string? partly = null)
    {
        var reasons = new List<string>();
        var requests = Ratio(_requests, requestsUnknown, "No requests arrived at a proxy in the window.", "No proxy could tell how its requests are protected.", reasons);
        var connections = Ratio(_connections, connectionsUnknown, _bytes.Total > 0 ? "No TCP connections were opened in the window; bytes flow over older ones." : "No TCP connections were opened in the window.", "No proxy could tell how its TCP connections are protected.", reasons);
        if (partly is not null)
        {
            reasons.Add(partly);
        }

        // With one of the two not known, a share of the other's edges would pass for a share of all.
        var known = requestsUnknown is null && connectionsUnknown is null;
        var workloads = _workloads.Values.Aggregate(SecuritySplit.None, (sum, one) => sum.Add(one.Class));
        return new MtlsCoverage
        {
            Requests = requests,
            Connections = connections,
            Bytes = connectionsUnknown is null && _bytes.Mutual + _bytes.Plaintext > 0 ? _bytes.Mutual / _bytes.Total : null,
            Workloads = known && _told ? workloads.Mutual / workloads.Total : null,
            Edges = known && _told ? _edges.Mutual / _edges.Total : null,
            RequestClasses = requestsUnknown is null ? _requests : null,
            ConnectionClasses = connectionsUnknown is null ? _connections : null,
            ByteClasses = connectionsUnknown is null ? _bytes : null,
            WorkloadClasses = known ? workloads : null,
            EdgeClasses = known ? _edges : null,
            LongLivedEdges = _longLived,
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
