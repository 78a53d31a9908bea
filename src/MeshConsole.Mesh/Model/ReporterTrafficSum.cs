using System.Collections.Immutable;
using MeshConsole.Mesh.Latency;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// Adds up what <em>one kind of reporter</em> says of several edges (all edges into a workload, all edges of an app).
/// Sums of different reporters mean nothing: pass the same side of each edge.
/// </summary>
public static class ReporterTrafficSum
{
    /// <summary>
    /// The sum; null when there is nothing to add. A number is null only when no part knows it: parts of one frame come from
    /// the same queries, so they know it together or not at all. The histogram's age is that of its oldest part.
    /// </summary>
    public static ReporterTraffic? Of(IEnumerable<ReporterTraffic?> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ReporterTraffic? only = null;
        List<ReporterTraffic>? several = null;
        foreach (var part in parts)
        {
            if (part is null)
            {
                continue;
            }

            if (only is null)
            {
                only = part;
            }
            else
            {
                several ??= [only];
                several.Add(part);
            }
        }

        return several is null ? only : Add(several);
    }

    private static ReporterTraffic Add(List<ReporterTraffic> parts)
    {
        var responses = new SortedDictionary<(int Code, int Grpc, string Flags), double>(ResponseOrder.Instance);
        var requestSecurity = SecuritySplit.None;
        var connectionSecurity = SecuritySplit.None;
        var byteSecurity = SecuritySplit.None;
        double? requests = null, connections = null, failedConnections = null, sum = null, count = null, cleanSum = null, cleanCount = null, sent = null, received = null;
        DateTimeOffset? histogramAt = null;
        var histograms = new List<Histogram>();
        foreach (var part in parts)
        {
            foreach (var response in part.Responses.IsDefault ? [] : part.Responses)
            {
                var key = (response.Code, response.GrpcStatus ?? -1, response.Flags);
                responses[key] = responses.GetValueOrDefault(key) + response.RequestsPerSecond;
            }

            requestSecurity = requestSecurity.Add(part.RequestSecurity);
            connectionSecurity = connectionSecurity.Add(part.ConnectionSecurity);
            byteSecurity = byteSecurity.Add(part.ByteSecurity);
            requests = Plus(requests, part.RequestsPerSecond);
            connections = Plus(connections, part.ConnectionsPerSecond);
            failedConnections = Plus(failedConnections, part.FailedConnectionsPerSecond);
            sum = Plus(sum, part.DurationSum);
            count = Plus(count, part.DurationCount);
            cleanSum = Plus(cleanSum, part.CleanDurationSum);
            cleanCount = Plus(cleanCount, part.CleanDurationCount);
            sent = Plus(sent, part.SentBytesPerSecond);
            received = Plus(received, part.ReceivedBytesPerSecond);
            if (part.Durations is { } durations)
            {
                histograms.Add(durations);
                histogramAt = histogramAt is null || part.HistogramAt < histogramAt ? part.HistogramAt : histogramAt;
            }
        }

        return new ReporterTraffic
        {
            Responses = [.. responses.Select(r => new ResponseRate(r.Key.Code, r.Key.Grpc < 0 ? null : r.Key.Grpc, r.Key.Flags, r.Value))],
            RequestSecurity = requestSecurity,
            ConnectionSecurity = connectionSecurity,
            ByteSecurity = byteSecurity,
            RequestsPerSecond = requests,
            ConnectionsPerSecond = connections,
            FailedConnectionsPerSecond = failedConnections,
            DurationSum = sum,
            DurationCount = count,
            CleanDurationSum = cleanSum,
            CleanDurationCount = cleanCount,
            SentBytesPerSecond = sent,
            ReceivedBytesPerSecond = received,
            Durations = HistogramSum.Of(histograms),
            HistogramAt = histogramAt,
        };
    }

    private static double? Plus(double? left, double? right) => left is null ? right : right is null ? left : left + right;

    private sealed class ResponseOrder : IComparer<(int Code, int Grpc, string Flags)>
    {
        public static ResponseOrder Instance { get; } = new();

        public int Compare((int Code, int Grpc, string Flags) x, (int Code, int Grpc, string Flags) y)
        {
            var order = x.Code.CompareTo(y.Code);
            order = order != 0 ? order : x.Grpc.CompareTo(y.Grpc);
            return order != 0 ? order : string.CompareOrdinal(x.Flags, y.Flags);
        }
    }
}
