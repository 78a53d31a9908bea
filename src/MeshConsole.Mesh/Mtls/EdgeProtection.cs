using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>How the traffic of one caller, callee and protocol is protected, as the callee or a waypoint reports it.</summary>
/// <param name="Bytes">
/// TCP bytes: they speak for connections that were opened before the window, where none was opened within it.
/// </param>
internal sealed record EdgeProtection(SecuritySplit Requests, SecuritySplit Connections, SecuritySplit Bytes)
{
    public static EdgeProtection Of(ReporterTraffic report) => new(report.RequestSecurity, report.ConnectionSecurity, report.ByteSecurity);

    /// <summary>Only requests; also counts of edges by class, which add up alike.</summary>
    public static EdgeProtection OfRequests(SecuritySplit requests) => new(requests, SecuritySplit.None, SecuritySplit.None);

    public bool HasTraffic => Requests.Total + Connections.Total + Bytes.Total > 0;

    public bool IsMutual => Plain + Untold <= 0;

    public bool HasPlaintext => Plain > 0;

    /// <summary>Some of it could not be told.</summary>
    public bool HasUnknown => Untold > 0;

    /// <summary>Bytes flow over connections all of which are older than the window.</summary>
    public bool IsLongLived => Connections.Total <= 0 && Bytes.Total > 0;

    /// <summary>Mutual, plaintext where any of it is, else unknown where any of it is.</summary>
    public SecuritySplit Class => HasPlaintext ? new(0, 1, 0) : HasUnknown ? new(0, 0, 1) : new(1, 0, 0);

    /// <summary>Somebody could tell of some of it.</summary>
    public bool IsTold => Requests.Mutual + Established.Mutual + Plain > 0;

    public EdgeProtection Add(EdgeProtection other) => new(Requests.Add(other.Requests), Connections.Add(other.Connections), Bytes.Add(other.Bytes));

    private SecuritySplit Established => Connections.Total > 0 ? Connections : Bytes;

    private double Plain => Requests.Plaintext + Established.Plaintext;

    private double Untold => Requests.Unknown + Established.Unknown;
}
