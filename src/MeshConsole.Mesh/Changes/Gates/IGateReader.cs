using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>Reads counters for the gates. Never throws for what Prometheus does or does not answer: that is evidence too.</summary>
public interface IGateReader
{
    /// <summary>Counts canary and stable over one and the same window, as their callers saw them.</summary>
    Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);

    /// <summary>
    /// Share of the rule's traffic that the canary gets now, 0..1: what proves a rollback in traffic. Null when it cannot be
    /// told: no traffic at all, or no answer.
    /// </summary>
    Task<double?> CanaryShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);
}
