using MeshConsole.Mesh.Model;

namespace MeshConsole.Testing;

public static partial class SampleMesh
{
    public static WorkloadId Id(string @namespace, string name, string cluster = Cluster) => new(cluster, @namespace, name);

    public static Peer Peer(string @namespace, string name, string? app = null, string? version = null, string cluster = Cluster) =>
        new(Id(@namespace, name, cluster), app, version);

    /// <summary>The peer that a proxy cannot name.</summary>
    public static Peer UnknownPeer(string cluster = Cluster) => new(new WorkloadId(cluster, "unknown", WorkloadId.UnknownName), null, null);

    /// <summary>An edge to the Service <paramref name="service"/> (default: the target's app, else its name) in the target's namespace.</summary>
    public static Edge Edge(Peer source, Peer target, string protocol = "http", ReporterTraffic? fromSource = null, ReporterTraffic? fromDestination = null, ReporterTraffic? fromWaypoint = null, string? service = null, string? host = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new()
        {
            Source = source,
            Target = target,
            ServiceHost = host ?? $"{service ?? target.App ?? target.Workload.Name}.{target.Workload.Namespace}.svc.cluster.local",
            ServiceNamespace = target.Workload.Namespace,
            Protocol = protocol,
            FromSource = fromSource,
            FromDestination = fromDestination,
            FromWaypoint = fromWaypoint,
        };
    }

    /// <summary>
    /// Requests as one reporter tells of them: <paramref name="ok"/> with 200, then whatever <paramref name="others"/> says.
    /// Durations: every request took <paramref name="meanMs"/>, so sums are rate × mean, and only unflagged ones are clean.
    /// </summary>
    /// <param name="security">How the requests are protected; default: unknown, as a source reporter says.</param>
    public static ReporterTraffic Requests(double ok, double? meanMs = null, SampleSecurity security = SampleSecurity.Unknown, Histogram? durations = null, params ResponseRate[] others)
    {
        var responses = new List<ResponseRate>();
        if (ok > 0)
        {
            responses.Add(new ResponseRate(200, null, "-", ok));
        }

        responses.AddRange(others);
        var total = responses.Sum(response => response.RequestsPerSecond);
        var clean = responses.Where(response => response.Flags == "-").Sum(response => response.RequestsPerSecond);
        return new ReporterTraffic
        {
            Responses = [.. responses.OrderBy(response => response.Code).ThenBy(response => response.GrpcStatus).ThenBy(response => response.Flags, StringComparer.Ordinal)],
            RequestsPerSecond = total,
            RequestSecurity = Split(total, security),
            DurationSum = total * meanMs,
            DurationCount = meanMs is null ? null : total,
            CleanDurationSum = clean * meanMs,
            CleanDurationCount = meanMs is null ? null : clean,
            Durations = durations,
            HistogramAt = durations is null ? null : Now,
        };
    }

    /// <summary>TCP connections opened per second, with bytes both ways.</summary>
    public static ReporterTraffic Connections(double perSecond, SampleSecurity security = SampleSecurity.Unknown, double? sent = null, double? received = null) => new()
    {
        ConnectionsPerSecond = perSecond,
        ConnectionSecurity = Split(perSecond, security),
        SentBytesPerSecond = sent,
        ReceivedBytesPerSecond = received,
    };

    /// <summary>A histogram out of (upper bound in ms, observations per second in that bucket alone); the last bound must be +infinity.</summary>
    public static Histogram Histogram(params (double UpperMs, double PerSecond)[] buckets)
    {
        var cumulative = 0.0;
        return new Histogram(
            [.. buckets.Select(bucket => bucket.UpperMs)],
            [.. buckets.Select(bucket => cumulative += bucket.PerSecond)]);
    }

    private static SecuritySplit Split(double rate, SampleSecurity security) => security switch
    {
        SampleSecurity.Mutual => new SecuritySplit(rate, 0, 0),
        SampleSecurity.Plaintext => new SecuritySplit(0, rate, 0),
        SampleSecurity.Unknown => new SecuritySplit(0, 0, rate),
        _ => throw new ArgumentOutOfRangeException(nameof(security), security, null),
    };
}
