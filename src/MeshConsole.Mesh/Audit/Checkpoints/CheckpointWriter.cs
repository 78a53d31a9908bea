using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Signs the head of the log and brings it to every sink, each at its own pace: a sink that fails is tried again with growing
/// pauses and holds up no other. A log that does not verify is never signed.
/// </summary>
/// <param name="keyPath">File of the signing key; made at the first checkpoint.</param>
/// <param name="retention">Seals and deletes old records; null: everything is kept.</param>
public sealed partial class CheckpointWriter(AuditLog log, string keyPath, ImmutableArray<ICheckpointSink> sinks, CheckpointPolicy policy, TimeProvider time, ILogger<CheckpointWriter> logger, AuditRetention? retention = null) : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    private readonly Progress[] _progress = [.. sinks.Select(sink => new Progress(sink))];
    private readonly SemaphoreSlim _working = new(1, 1);
    private CheckpointKey? _key;
    private string? _failure;

    /// <summary>Key that signs; null until there is one.</summary>
    public string? KeyId => _key?.Id;

    /// <summary>Why there is no checkpoint at all, when that is not the fault of a sink: key or database. Null when all is well.</summary>
    public string? Failure => _failure;

    public ImmutableArray<CheckpointSinkState> States => [.. _progress.Select(progress => progress.State)];

    /// <summary>Looks after the checkpoints until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await WriteDueAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(s_look, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One look: writes what is due now. Failures are kept for the status page, not thrown.</summary>
    public async Task WriteDueAsync(CancellationToken cancellationToken)
    {
        await _working.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await log.EnsureVerifiedAsync(cancellationToken).ConfigureAwait(false);
            if (log.State.Status == AuditChainStatus.Broken || sinks.IsEmpty)
            {
                return;
            }

            var key = _key ??= CheckpointKey.LoadOrCreate(keyPath);
            await AnnounceAsync(key, cancellationToken).ConfigureAwait(false);
            var head = await log.HeadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var progress in _progress)
            {
                await WriteDueAsync(progress, key, head, cancellationToken).ConfigureAwait(false);
            }

            if (retention is not null)
            {
                await retention.WorkAsync(key, cancellationToken).ConfigureAwait(false);
            }

            Settle(null);
        }
        catch (Exception exception) when (exception is StorageException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            Settle(exception is StorageException
                ? exception.Message
                : $"The key of the checkpoints, '{keyPath}', cannot be used: {exception.Message.TrimEnd('.')}. Give the console's account the right to read it (and to make it, the first time), or set MeshConsole:Audit:KeyFile.");
        }
        finally
        {
            _working.Release();
        }
    }

    public void Dispose()
    {
        _key?.Dispose();
        _working.Dispose();
    }

    /// <summary>The log itself says which key signs for it, so that another key under a checkpoint stands out.</summary>
    private async Task AnnounceAsync(CheckpointKey key, CancellationToken cancellationToken)
    {
        if (log.Announces(key.Id))
        {
            return;
        }

        await log.AppendAsync(
            new AuditEntry
            {
                Actor = Actor.Console,
                Action = AuditChainVerifier.KeyAction,
                Phase = "config",
                Outcome = "ok",
                Summary = $"Checkpoints of this log are signed with key {key.Id} from here on.",
                Details = new JsonObject { ["keyId"] = key.Id, ["publicKey"] = key.PublicKey },
            },
            cancellationToken).ConfigureAwait(false);
        log.Announced(key.Id);
    }

    private async Task WriteDueAsync(Progress progress, CheckpointKey key, AuditHead head, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < progress.NotBefore)
        {
            return;
        }

        try
        {
            if (!progress.Asked)
            {
                progress.Last = await progress.Sink.LastSequenceAsync(cancellationToken).ConfigureAwait(false);
                progress.Asked = true;
                progress.LastLook = now;
            }

            // The first one is written at once: a sink without any vouches for nothing.
            var fresh = head.Sequence - (progress.Last ?? 0);
            if (fresh <= 0 || (progress.Last is not null && progress.FailingSince is null && fresh < policy.Records && now - progress.LastLook < policy.Interval))
            {
                return;
            }

            await progress.Sink.WriteAsync(key.Sign(head.Sequence, head.Hash, now), cancellationToken).ConfigureAwait(false);
            if (progress.FailingSince is { } since)
            {
                LogSinkBack(logger, progress.Sink.Name, since);
            }

            progress.Kept(head.Sequence, now);
        }
        catch (CheckpointSinkException exception)
        {
            if (progress.FailingSince is null)
            {
                LogSinkFails(logger, exception.Message);
            }

            progress.Failed(exception.Message, now);
        }
    }

    private void Settle(string? failure)
    {
        if (failure is not null && !string.Equals(failure, _failure, StringComparison.Ordinal))
        {
            LogNoCheckpoints(logger, failure);
        }

        _failure = failure;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void LogSinkFails(ILogger logger, string problem);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Information, Message = "Checkpoints of the audit are kept by the {Sink} again; it had failed since {Since:u}")]
    private static partial void LogSinkBack(ILogger logger, string sink, DateTimeOffset since);

    [LoggerMessage(EventId = 4103, Level = LogLevel.Warning, Message = "No checkpoint of the audit can be made. {Problem}")]
    private static partial void LogNoCheckpoints(ILogger logger, string problem);

    private sealed class Progress(ICheckpointSink sink)
    {
        private int _failures;
        private string? _failure;
        private DateTimeOffset? _writtenAt;

        public ICheckpointSink Sink => sink;

        public bool Asked { get; set; }

        public long? Last { get; set; }

        /// <summary>When the last checkpoint was written or found: the interval counts from here.</summary>
        public DateTimeOffset LastLook { get; set; }

        public DateTimeOffset? FailingSince { get; private set; }

        public DateTimeOffset? NotBefore { get; private set; }

        public CheckpointSinkState State => new(sink.Name, Last, _writtenAt, _failure, FailingSince, FailingSince is null ? null : NotBefore);

        public void Kept(long sequence, DateTimeOffset at)
        {
            Last = sequence;
            LastLook = at;
            _writtenAt = at;
            _failures = 0;
            _failure = null;
            FailingSince = null;
            NotBefore = null;
        }

        public void Failed(string why, DateTimeOffset at)
        {
            var pause = s_firstPause * Math.Pow(2, Math.Min(_failures, 10));
            _failures++;
            _failure = why;
            FailingSince ??= at;
            NotBefore = at + (pause < s_longestPause ? pause : s_longestPause);
        }
    }
}
