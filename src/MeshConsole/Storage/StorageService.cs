using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Storage;

/// <summary>
/// Opens the database, verifies the audit and looks after its checkpoints. A database that does not answer does not keep the
/// console from showing the mesh; one that a newer console has written does keep it from starting.
/// </summary>
internal sealed partial class StorageService(StorageLocation location, Database database, AuditLog audit, CheckpointWriter checkpoints, TimeProvider time, ILogger<StorageService> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (location.Fallback is { } fallback)
        {
            Log.Fallback(logger, fallback);
        }

        try
        {
            await database.OpenAsync(cancellationToken);
            Log.Opened(logger, database.Where);
        }
        catch (StorageException exception) when (exception.Fault != StorageFault.NewerSchema)
        {
            Log.NotOpen(logger, exception.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await VerifyAsync(stoppingToken);
            await checkpoints.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var said = "";
        while (true)
        {
            try
            {
                await audit.EnsureVerifiedAsync(cancellationToken);
                break;
            }
            catch (StorageException exception)
            {
                if (!string.Equals(said, exception.Message, StringComparison.Ordinal))
                {
                    said = exception.Message;
                    Log.NotVerified(logger, exception.Message);
                }

                await Task.Delay(s_pause, time, cancellationToken);
            }
        }

        if (audit.State.FirstBad is { } bad)
        {
            Log.Broken(logger, bad.Message);
        }
        else
        {
            Log.Verified(logger, audit.State.VerifiedTo);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Changes and audit are kept in the {Database}")]
        public static partial void Opened(ILogger logger, string database);

        [LoggerMessage(2, LogLevel.Warning, "{Fallback}")]
        public static partial void Fallback(ILogger logger, string fallback);

        [LoggerMessage(3, LogLevel.Error, "{Problem} The mesh is shown; nothing can be changed until the database answers.")]
        public static partial void NotOpen(ILogger logger, string problem);

        [LoggerMessage(4, LogLevel.Error, "The audit could not be verified yet. {Problem}")]
        public static partial void NotVerified(ILogger logger, string problem);

        [LoggerMessage(5, LogLevel.Information, "The audit verifies up to record {Sequence}")]
        public static partial void Verified(ILogger logger, long sequence);

        [LoggerMessage(6, LogLevel.Critical, "The audit log is broken, and nothing can be changed: {Problem}. See docs/operations.md, Audit.")]
        public static partial void Broken(ILogger logger, string problem);
    }
}
