using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Panels;

/// <summary>The history behind a panel's numbers, one for all circuits.</summary>
public interface IPanelTrends
{
    /// <summary>
    /// One direction of a panel over time. Asks Prometheus at most once a step however many call; a failure is in the answer.
    /// Null where nothing can be asked: no cluster's history can be read, or it does not tell these calls apart.
    /// </summary>
    /// <param name="until">The end; null for now.</param>
    Task<PanelTrends?> ReadAsync(PanelTraffic traffic, HistoryRange range, DateTimeOffset? until, CancellationToken cancellationToken);
}

/// <summary>Reads it from the range queries of each cluster.</summary>
/// <param name="histories">By configured name of the cluster; asked before each read, for clusters become known after the start.</param>
public sealed class PanelTrendReader(Func<IReadOnlyDictionary<string, TrafficHistory>> histories) : IPanelTrends
{
    public async Task<PanelTrends?> ReadAsync(PanelTraffic traffic, HistoryRange range, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        ArgumentNullException.ThrowIfNull(range);
        var known = histories();
        var asked = traffic.History.Where(scope => known.ContainsKey(scope.Key)).ToList();
        if (asked.Count == 0)
        {
            return null;
        }

        Task<TrafficSpan[]> Read(HistoryPart part, bool wanted) => wanted
            ? Task.WhenAll(asked.Select(scope => known[scope.Key].ReadAsync(part, scope.Value, range, until, cancellationToken)))
            : Task.FromResult(Array.Empty<TrafficSpan>());
        var responses = Read(HistoryPart.Responses, traffic.Requests is not null);
        var callee = Read(HistoryPart.CalleeResponses, traffic.Requests is not null);
        var durations = Read(HistoryPart.Durations, traffic.Requests is not null);
        var connections = Read(HistoryPart.Connections, traffic.Connections is not null);
        return PanelTrends.Of(await responses.ConfigureAwait(false), await callee.ConfigureAwait(false), await durations.ConfigureAwait(false), await connections.ConfigureAwait(false));
    }
}
