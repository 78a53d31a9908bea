using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>A history of coverage as the test says it; remembers what was asked.</summary>
internal sealed class FakeCoverageTrends : ICoverageTrends
{
    public List<(WorkloadId? Callee, CoverageMeasure Measure, string Range)> Reads { get; } = [];

    public CoverageTrend? Answer { get; set; }

    public Task<CoverageTrend?> ReadAsync(MeshSnapshot snapshot, MeshQuery query, WorkloadId? callee, CoverageMeasure measure, HistoryRange range, CancellationToken cancellationToken)
    {
        Reads.Add((callee, measure, range.Id));
        return Task.FromResult(Answer);
    }
}

/// <summary>Readiness as the test says it; remembers what was asked.</summary>
internal sealed class FakeReadiness : IReadinessParts
{
    public List<(StrictScope Scope, TimeSpan Lookback)> Asked { get; } = [];

    public Func<StrictScope, TimeSpan, ReadinessBreakdown> OnAsk { get; set; } =
        (scope, lookback) => new ReadinessBreakdown(new StrictReadiness(scope, lookback, SampleViews.Now, [], [], []), []);

    public Task<ReadinessBreakdown> AskForPartsAsync(StrictScope scope, TimeSpan lookback, CancellationToken cancellationToken)
    {
        Asked.Add((scope, lookback));
        return Task.FromResult(OnAsk(scope, lookback));
    }
}
