using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>Reads counters for the gates. Never throws for what Prometheus does or does not answer: that is evidence too.</summary>
public interface IGateReader
{
    /// <summary>Counts canary and stable over one and the same window, as their callers saw them.</summary>
    Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);

    /// <summary>
    /// The same for a stage that was sent at an instant. A policy has no second arm beside it: it is compared with as much time
    /// before that instant.
    /// </summary>
    Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset writtenAt, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        ReadAsync(plan, from, to, cancellationToken);

    /// <summary>
    /// Whether plaintext that a policy turns away would be seen at the workloads it reaches, also that of callers without a
    /// proxy, whom nobody else counts. Null for weights, and when it cannot be told.
    /// </summary>
    Task<RefusalSight?> RefusalSightAsync(ChangePlan plan, CancellationToken cancellationToken) => Task.FromResult<RefusalSight?>(null);

    /// <summary>
    /// Share of the rule's traffic that the canary gets now, 0..1: what proves a rollback in traffic. Null when it cannot be
    /// told: no traffic at all, or no answer. For a policy: the share of requests to the workloads it reaches that fail to connect.
    /// </summary>
    Task<double?> CanaryShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);
}
