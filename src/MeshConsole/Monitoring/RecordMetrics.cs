using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Monitoring;

/// <summary>
/// Metrics of what is kept: audit, outbox, broken glass. A database that does not answer at once is said by one metric and
/// leaves the others out.
/// </summary>
/// <param name="sender">Null: nobody is told of changes.</param>
internal sealed class RecordMetrics(AuditService audit, INotificationOutbox outbox, SwitchService switches, WebhookSender? sender, TimeProvider time)
{
    /// <summary>A scrape has ten seconds as a rule, and the mesh's metrics are in the same answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var text = new MetricsText();
        if (sender is not null)
        {
            text.Family("meshconsole_notifications_sent_total", "counter", "Notifications that a receiver took, since this process started.")
                .Sample("meshconsole_notifications_sent_total", sender.Sent);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        AuditState? state = null;
        (OutboxCounts Outbox, int Open, int Overdue)? counts = null;
        try
        {
            state = await audit.GetStateAsync(patience.Token);
            var now = time.GetUtcNow();
            var open = await switches.ListUnreviewedAsync(patience.Token);
            counts = (await outbox.CountAsync(patience.Token), open.Length, open.Count(grant => grant.IsOverdueAt(now)));
        }
        catch (Exception exception) when (exception is StorageException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // What is known is written below.
        }

        text.Family("meshconsole_storage_up", "gauge", "1 when the database answered this scrape, else 0.")
            .Sample("meshconsole_storage_up", counts is null ? 0 : 1);
        if (state is not null)
        {
            WriteAudit(text, state);
        }

        if (counts is { } known)
        {
            text.Family("meshconsole_notifications", "gauge", "Notifications that wait for an attempt (queued) or were given up (dead).")
                .Sample("meshconsole_notifications", known.Outbox.Queued, ("state", "queued"))
                .Sample("meshconsole_notifications", known.Outbox.Dead, ("state", "dead"));
            text.Family("meshconsole_break_glass_unreviewed", "gauge", "Grants of broken glass that nobody else has reviewed yet.")
                .Sample("meshconsole_break_glass_unreviewed", known.Open);
            text.Family("meshconsole_break_glass_review_overdue", "gauge", "Those of them that are older than 24 h.")
                .Sample("meshconsole_break_glass_review_overdue", known.Overdue);
        }

        return text.ToString();
    }

    private void WriteAudit(MetricsText text, AuditState state)
    {
        if (state.Chain.Status != AuditChainStatus.Unverified)
        {
            text.Family("meshconsole_audit_chain_ok", "gauge", "1 while every record of the audit fits, 0 once one does not; absent before the first verification.")
                .Sample("meshconsole_audit_chain_ok", state.Chain.Status == AuditChainStatus.Intact ? 1 : 0);
        }

        if (state.Head is { } head)
        {
            text.Family("meshconsole_audit_records", "gauge", "Records of the audit in the database, without those that were deleted as old.")
                .Sample("meshconsole_audit_records", head.Sequence - state.DeletedTo);
            text.Family("meshconsole_audit_last_sequence", "gauge", "Number of the last record of the audit.")
                .Sample("meshconsole_audit_last_sequence", head.Sequence);
        }

        if (state.ClockSteps > 0)
        {
            text.Family("meshconsole_audit_clock_steps", "gauge", "Records that say that the clock stepped back.")
                .Sample("meshconsole_audit_clock_steps", state.ClockSteps);
        }

        text.Family("meshconsole_audit_checkpoint_sequence", "gauge", "Newest record that a checkpoint there vouches for; absent where there is none.");
        foreach (var sink in state.Checkpoints)
        {
            if (sink.Sequence is { } sequence)
            {
                text.Sample("meshconsole_audit_checkpoint_sequence", sequence, ("sink", sink.Name));
            }
        }

        text.Family("meshconsole_audit_checkpoint_age_seconds", "gauge", "Time since this process last wrote a checkpoint there; absent before the first.");
        foreach (var sink in state.Checkpoints)
        {
            if (sink.WrittenAt is { } written)
            {
                text.Sample("meshconsole_audit_checkpoint_age_seconds", (time.GetUtcNow() - written).TotalSeconds, ("sink", sink.Name));
            }
        }
    }
}
