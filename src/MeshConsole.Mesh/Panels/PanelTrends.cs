using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Panels;

/// <summary>The numbers of one direction of a panel over time; what Prometheus does not know is a gap.</summary>
/// <param name="RequestsPerSecond">As callers see them.</param>
/// <param name="FailuresPerSecond">Of them those that the server or the mesh failed.</param>
/// <param name="ClientErrorRatio">Failures as callers see them, 0..1; a gap without requests.</param>
/// <param name="ServerErrorRatio">Failures of the tries that callees see, 0..1; a gap without any.</param>
/// <param name="P50Ms">As callers see it, milliseconds.</param>
/// <param name="ConnectionsPerSecond">TCP connections opened, as callers see them.</param>
public sealed record PanelTrends(Trend RequestsPerSecond, Trend FailuresPerSecond, Trend ClientErrorRatio, Trend ServerErrorRatio, Trend P50Ms, Trend P95Ms, Trend P99Ms, Trend ConnectionsPerSecond)
{
    /// <summary>Puts clusters together as <see cref="TrafficSpan.Merge"/> does, before a share or quantile is taken.</summary>
    public static PanelTrends Of(IReadOnlyList<TrafficSpan> responses, IReadOnlyList<TrafficSpan> calleeResponses, IReadOnlyList<TrafficSpan> durations, IReadOnlyList<TrafficSpan> connections)
    {
        var (client, server, time, opened) = (TrafficSpan.Merge(responses), TrafficSpan.Merge(calleeResponses), TrafficSpan.Merge(durations), TrafficSpan.Merge(connections));
        return new PanelTrends(
            Draw(client, traffic => traffic.RequestsPerSecond),
            Draw(client, traffic => ResponseClassifier.Total(traffic.Responses).Failures),
            Draw(client, traffic => ResponseClassifier.Total(traffic.Responses).ErrorRatio),
            Draw(server, traffic => ResponseClassifier.Total(traffic.Responses).ErrorRatio),
            Draw(time, traffic => HistogramQuantile.Of(traffic.Durations, 0.5)),
            Draw(time, traffic => HistogramQuantile.Of(traffic.Durations, 0.95)),
            Draw(time, traffic => HistogramQuantile.Of(traffic.Durations, 0.99)),
            Draw(opened, traffic => traffic.ConnectionsPerSecond));
    }

    private static Trend Draw(TrafficSpan span, Func<ReporterTraffic, double?> number) =>
        new(span.Start, span.Step, [.. span.Points.Select(point => point is null ? null : number(point))], span.Fault);
}
