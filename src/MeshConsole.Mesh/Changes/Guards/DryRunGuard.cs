using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>The API server, with all its admission, would take the write.</summary>
internal sealed class DryRunGuard : IGuard
{
    private static readonly GuardText s_text = new("dry-run", "The server would take it", "Validation and admission of the cluster see the write before it is one.");

    public GuardVerdict Check(GuardContext context) => context.DryRun switch
    {
        { Accepted: true } => s_text.Pass("The server took the write as a trial."),
        { Accepted: false, Code: null } when context.Moment == GuardMoment.Stop => s_text.Warn($"The server could not be asked: {context.DryRun.Message}", null),
        { Accepted: false, Code: null } => s_text.Unknown($"The server could not be asked: {context.DryRun.Message}", "Try again when it answers; webhooks with side effects cannot be tried."),
        { Accepted: false } => s_text.Refuse($"The server refuses the write: {context.DryRun.Message}", "Correct what it names.", new GuardFact("Status", context.DryRun.Code?.ToString(CultureInfo.InvariantCulture))),

        // The write itself runs the same admission a moment later, with the same preconditions.
        null when context.Moment is GuardMoment.Stop or GuardMoment.Rollback => s_text.NotAsked("Not tried: going back does not wait for a trial."),
        null => s_text.Unknown("The write was not tried on the server.", "Look at what is missing above; the trial needs a target that can be read."),
    };
}
