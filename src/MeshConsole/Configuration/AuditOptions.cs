using MeshConsole.Mesh.Audit;

namespace MeshConsole.Configuration;

/// <summary>How the audit is vouched for outside its database.</summary>
public sealed class AuditOptions
{
    /// <summary>File that checkpoints are appended to; null means <c>audit-checkpoints.jsonl</c> beside the SQLite file, else under <c>data/</c>.</summary>
    public string? CheckpointFile { get; set; }

    /// <summary>A checkpoint is made after so many new records …</summary>
    public int CheckpointRecords { get; set; } = CheckpointPolicy.Default.Records;

    /// <summary>… or so long after the last one, if anything is new.</summary>
    public TimeSpan CheckpointInterval { get; set; } = CheckpointPolicy.Default.Interval;

    /// <summary>Address that checkpoints are posted to as well; null: none.</summary>
    public string? CheckpointWebhook { get; set; }

    /// <summary>Cluster and namespace, <c>cluster/namespace</c>, in which checkpoints become Events as well; null: nowhere.</summary>
    public string? CheckpointEvents { get; set; }

    /// <summary>How long records are kept at least, from <see cref="AuditRetention.Shortest"/> on; null: for ever. What is older is deleted segment by segment, and its sealed roots stay.</summary>
    public TimeSpan? Retention { get; set; }

    /// <summary>File of the key that signs checkpoints, made where it is missing; null means <c>audit-key.pem</c> beside the checkpoint file.</summary>
    public string? KeyFile { get; set; }
}
