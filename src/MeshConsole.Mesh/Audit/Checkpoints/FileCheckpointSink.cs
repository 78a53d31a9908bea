using System.Collections.Immutable;
using System.Text;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Audit;

/// <summary>Appends checkpoints to a file, one a line, each on the disk before the next. Worth most on another disk, or where the file can only grow.</summary>
public sealed class FileCheckpointSink(string path) : ICheckpointSink
{
    public string Name => $"file {path}";

    /// <summary>
    /// The checkpoints of a file, oldest first, and what could not be read. A last line without its end is what a crash leaves
    /// and no fault; it is not returned.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise, for want of a right.</exception>
    public static async Task<(ImmutableArray<AuditCheckpoint> Checkpoints, ImmutableArray<string> Problems)> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        var lines = text.Split('\n');
        var checkpoints = ImmutableArray.CreateBuilder<AuditCheckpoint>();
        var problems = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            try
            {
                checkpoints.Add(AuditCheckpoint.Read(lines[i]));
            }
            catch (FormatException exception)
            {
                problems.Add(i == lines.Length - 1
                    ? $"line {i + 1} was cut off while it was written, and is left out"
                    : $"line {i + 1} is no checkpoint: {Printable.Text(exception.Message, 200)}");
            }
        }

        return (checkpoints.ToImmutable(), problems.ToImmutable());
    }

    public async Task<long?> LastSequenceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var (checkpoints, _) = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
            return checkpoints.IsEmpty ? null : checkpoints.Max(checkpoint => checkpoint.Sequence);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed("read", exception);
        }
    }

    public async Task WriteAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            await using (stream.ConfigureAwait(false))
            {
                var line = checkpoint.ToJson() + "\n";
                if (stream.Length > 0)
                {
                    // After a crash the last line may lack its end; the next one must not become part of it.
                    stream.Seek(-1, SeekOrigin.End);
                    if (stream.ReadByte() != '\n')
                    {
                        line = "\n" + line;
                    }
                }

                await stream.WriteAsync(Encoding.UTF8.GetBytes(line), cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed("written", exception);
        }
    }

    private CheckpointSinkException Failed(string done, Exception exception) =>
        new($"The checkpoint file '{path}' could not be {done}: {exception.Message.TrimEnd('.')}. Make it writable for the console, or set MeshConsole:Audit:CheckpointFile to another path.", exception);
}
