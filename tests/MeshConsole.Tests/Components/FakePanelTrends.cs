using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Tests.Components;

/// <summary>A panel's history as the test says it; remembers what was asked.</summary>
internal sealed class FakePanelTrends : IPanelTrends
{
    public List<(PanelDirection Direction, string Range, TimeSpan Step, DateTimeOffset? Until)> Reads { get; } = [];

    public PanelTrends? Answer { get; set; }

    public Task<PanelTrends?> ReadAsync(PanelTraffic traffic, HistoryRange range, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        Reads.Add((traffic.Direction, range.Id, range.Step, until));
        return Task.FromResult(Answer);
    }
}
