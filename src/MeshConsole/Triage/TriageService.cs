using MeshConsole.Demo;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Triage;

/// <summary>Runs the timeline and the triage from start to stop, and marks in the timeline when a scenario of the demo comes into force.</summary>
internal sealed class TriageService(TimelineRecorder timeline, TriageLoop triage, IMeshSnapshots snapshots, IDemoScenarios demo, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        demo.Changed += MarkScenario;
        try
        {
            await Task.WhenAll(timeline.RunAsync(stoppingToken), triage.RunAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
        finally
        {
            demo.Changed -= MarkScenario;
        }
    }

    private void MarkScenario()
    {
        // The first scenario is in force before anything is read: nothing changes with it.
        if (demo.Active is not { } scenario || snapshots.Current.Clusters is not [var cluster, ..] || !snapshots.Ready.IsCompleted)
        {
            return;
        }

        timeline.Note(new TimelineEntry
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
            Cluster = cluster.Name,
            At = time.GetUtcNow(),
            Kind = TimelineKind.Mark,
            ObjectKind = "Scenario",
            Namespace = "",
            Name = scenario.Id,
            Summary = $"Scenario \"{scenario.Title}\" of the demo: {scenario.Description}",
        });
    }
}
