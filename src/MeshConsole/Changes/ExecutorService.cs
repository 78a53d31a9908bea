using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Changes;

/// <summary>Runs the executor of changes from start to stop of the console.</summary>
internal sealed class ExecutorService(ChangeExecutor executor, IMeshSnapshots snapshots) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Before the clusters have been read no guard could judge, and every open change would be held for a moment.
            await snapshots.Ready.WaitAsync(stoppingToken);
            await executor.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }
}
