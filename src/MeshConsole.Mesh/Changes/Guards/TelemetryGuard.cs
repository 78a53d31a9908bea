using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Prometheus answers, so that the gates can see. A plan is not begun blind.</summary>
internal sealed class TelemetryGuard : IGuard
{
    private static readonly GuardText s_text = new("telemetry", "The gates can see", "A change that nobody can measure is a leap.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back: it works with Prometheus down.");
        }

        var source = context.Cluster?.Sources.FirstOrDefault(s => s.Name == SourceNames.Requests);
        return source switch
        {
            null => s_text.Unknown("Whether Prometheus answers is not known.", "Wait until it has answered once."),
            { State: SourceState.Live } => s_text.Pass("Prometheus answers.", new GuardFact("Last answer", source.LastSuccess?.ToString("u"))),
            _ => s_text.Refuse($"Prometheus does not answer ({source.State}): {source.Message}", "Bring it back first. To take traffic away from a bad version use the emergency stop: it works without Prometheus.", new GuardFact("Last answer", source.LastSuccess is { } last ? $"{last:u}, {DurationWords.Of(context.Now - last)} ago" : "never")),
        };
    }
}
