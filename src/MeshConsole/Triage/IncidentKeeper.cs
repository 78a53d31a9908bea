using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Triage;

/// <summary>
/// Remembers how problems began, adds to what is known of open incidents every ten minutes (charts reach back an hour at their
/// finest), and forgets what was closed too long ago. Several replicas do it side by side: each adds what it has seen.
/// </summary>
internal sealed partial class IncidentKeeper(IncidentService incidents, ProblemOnsets onsets, TimeSpan retention, TimeProvider time, ILogger<IncidentKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var following = onsets.Follow();
        try
        {
            while (true)
            {
                await Task.Delay(s_every, time, stoppingToken);
                await KeepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await incidents.KeepAsync(retention, cancellationToken) is > 0 and var forgotten)
            {
                Log.Forgotten(logger, forgotten, retention);
            }
        }
        catch (StorageException exception)
        {
            Log.NotKept(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2321, LogLevel.Information, "{Count} incidents were forgotten: they were closed more than {Retention} ago")]
        public static partial void Forgotten(ILogger logger, int count, TimeSpan retention);

        [LoggerMessage(2322, LogLevel.Warning, "What is known of open incidents could not be kept, and is tried again in ten minutes: {Problem}")]
        public static partial void NotKept(ILogger logger, string problem);
    }
}
