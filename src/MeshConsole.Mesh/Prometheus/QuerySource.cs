using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>State of one query over time.</summary>
internal sealed class QuerySource(string name, DateTimeOffset createdAt)
{
    public SourceStatus Status { get; private set; } = new(name, SourceState.Starting, createdAt, null, "Prometheus has not answered yet.");

    /// <summary>When it was last asked, whatever came of it.</summary>
    public DateTimeOffset? AskedAt { get; private set; }

    public bool IsDue(DateTimeOffset now, TimeSpan every) =>
        every == TimeSpan.Zero || AskedAt is not { } asked || Status.State != SourceState.Live

        // A refresh that starts a little early must not wait for the next one.
        || now - asked >= every - TimeSpan.FromSeconds(1);

    /// <returns>Whether the state changed.</returns>
    public bool Succeeded(DateTimeOffset now, QueryReceipt receipt)
    {
        AskedAt = now;
        var changed = Status.State != SourceState.Live;
        Status = Status with
        {
            State = SourceState.Live,
            Since = changed ? now : Status.Since,
            LastSuccess = now,
            Message = receipt.Warnings.IsEmpty ? null : $"Prometheus warns: {receipt.Warnings[0]}",
            Items = receipt.Series,
            Cost = new SourceCost(receipt.Duration, receipt.Bytes),
        };
        return changed;
    }

    /// <returns>Whether the state changed.</returns>
    public bool Failed(DateTimeOffset now, string reason, string consequence)
    {
        AskedAt = now;
        var state = Status.LastSuccess is null ? SourceState.Failed : SourceState.Stale;
        var changed = Status.State != state;
        Status = Status with
        {
            State = state,
            Since = changed ? now : Status.Since,
            Message = $"{reason} {consequence}",
        };
        return changed;
    }
}
