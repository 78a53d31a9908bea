using System.Collections.Immutable;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>The telemetry of one cluster, read by one poller for all users.</summary>
public interface ITelemetrySource
{
    /// <summary>The newest frame; null until Prometheus has answered once.</summary>
    TelemetryFrame? Frame { get; }

    /// <summary>One status per query, ordered by name.</summary>
    ImmutableArray<SourceStatus> Sources { get; }

    /// <summary>Raised when frame or states changed. Handlers only mark something dirty.</summary>
    event Action? Changed;

    /// <summary>Ends once every query of the first refresh has answered or failed.</summary>
    Task Ready { get; }

    /// <summary>Polls until cancelled; no fault ends it.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
