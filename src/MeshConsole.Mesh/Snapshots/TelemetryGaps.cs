namespace MeshConsole.Mesh.Snapshots;

/// <summary>Tells "no traffic" from "not known": a query that never answered leaves null on every edge, or no edge at all.</summary>
internal static class TelemetryGaps
{
    /// <summary>Why requests are not known, a sentence; null when they are.</summary>
    public static string? Requests(ClusterSnapshot cluster) => Gap(cluster, http: true);

    /// <summary>Why TCP connections are not known, a sentence; null when they are.</summary>
    public static string? Connections(ClusterSnapshot cluster) => Gap(cluster, http: false);

    private static string? Gap(ClusterSnapshot cluster, bool http)
    {
        if (cluster.Telemetry is null)
        {
            return SourceWords.Why(cluster, $"Telemetry of cluster {cluster.Name} is not known", "prometheus/");
        }

        var any = false;
        foreach (var edge in cluster.Edges)
        {
            if (http == (edge.Protocol == "tcp"))
            {
                continue;
            }

            foreach (var report in new[] { edge.FromSource, edge.FromDestination, edge.FromWaypoint })
            {
                if (report is null)
                {
                    continue;
                }

                if (http ? report.RequestsPerSecond is not null : report.ConnectionsPerSecond is not null)
                {
                    return null;
                }

                any = true;
            }
        }

        // No edges from a query that has answered are an answer.
        var source = http ? SourceNames.Requests : SourceNames.TcpOpened;
        var unanswered = cluster.Sources.Any(s => s.LastSuccess is null && string.Equals(s.Name, source, StringComparison.Ordinal));
        return any || unanswered
            ? SourceWords.Why(cluster, $"{(http ? "Requests" : "TCP connections")} in cluster {cluster.Name} are not known", source)
            : null;
    }
}
