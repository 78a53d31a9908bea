using System.Collections.Immutable;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// What one reporter says of one edge. Every number is a rate over the snapshot's window; null means that the query that
/// would tell did not answer, which is not the same as zero.
/// </summary>
public sealed record ReporterTraffic
{
    /// <summary>Requests by outcome. Empty when there were none; see <see cref="RequestsPerSecond"/> for "not known".</summary>
    public ImmutableArray<ResponseRate> Responses { get; init; } = [];

    public double? RequestsPerSecond { get; init; }

    /// <summary>Requests per second over mutual TLS, in plaintext, and of which the reporter cannot tell.</summary>
    public SecuritySplit RequestSecurity { get; init; } = SecuritySplit.None;

    /// <summary>TCP connections opened per second by how they are protected. None for HTTP traffic.</summary>
    public SecuritySplit ConnectionSecurity { get; init; } = SecuritySplit.None;

    /// <summary>
    /// TCP bytes per second, both ways, by how their connections are protected: speaks for connections that were opened
    /// before the window. None for HTTP traffic.
    /// </summary>
    public SecuritySplit ByteSecurity { get; init; } = SecuritySplit.None;

    public double? ConnectionsPerSecond { get; init; }

    /// <summary>Of <see cref="ConnectionsPerSecond"/> those that were refused or never reached the callee.</summary>
    public double? FailedConnectionsPerSecond { get; init; }

    /// <summary>Milliseconds of request duration per second, all requests: divided by <see cref="DurationCount"/> it is the mean.</summary>
    public double? DurationSum { get; init; }

    /// <summary>Requests per second with a duration.</summary>
    public double? DurationCount { get; init; }

    /// <summary>Like <see cref="DurationSum"/>, only requests without response flags: what both ends of a hop saw alike.</summary>
    public double? CleanDurationSum { get; init; }

    public double? CleanDurationCount { get; init; }

    /// <summary>Merged histogram of request durations, or null where none has been read yet. Its age is <see cref="HistogramAt"/>.</summary>
    public Histogram? Durations { get; init; }

    public DateTimeOffset? HistogramAt { get; init; }

    /// <summary>Bytes per second from caller to callee; null when not known.</summary>
    public double? SentBytesPerSecond { get; init; }

    /// <summary>Bytes per second from callee to caller; null when not known.</summary>
    public double? ReceivedBytesPerSecond { get; init; }
}
