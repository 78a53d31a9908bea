namespace MeshConsole.Mesh.Audit;

/// <summary>A place outside the database that keeps checkpoints.</summary>
public interface ICheckpointSink
{
    /// <summary>For the status page and the log: <c>file data/checkpoints.jsonl</c>. Without credentials.</summary>
    string Name { get; }

    /// <summary>Sequence of the newest checkpoint there; null when it has none, or cannot tell.</summary>
    /// <exception cref="CheckpointSinkException">It could not be asked.</exception>
    Task<long?> LastSequenceAsync(CancellationToken cancellationToken);

    /// <summary>Returns once it is kept.</summary>
    /// <exception cref="CheckpointSinkException">It was not kept.</exception>
    Task WriteAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken);
}

/// <summary>A checkpoint was not kept. The message says where, why and what to do; it is tried again.</summary>
public sealed class CheckpointSinkException(string message, Exception? inner = null) : Exception(message, inner);
