namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>The rule takes traffic at all, and its numbers are its own.</summary>
internal sealed class RuleReachedGuard : IGuard
{
    private static readonly GuardText s_text = new("rule-reached", "The rule takes traffic", "Weights of a rule that nothing reaches change nothing, and its gates would wait for ever.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Route is not { } route)
        {
            return context.Moment is GuardMoment.Stop or GuardMoment.Rollback
                ? s_text.Warn("The route is not in the snapshot.", null)
                : s_text.Unknown("The route is not in the snapshot.", "Wait until the cluster has been read.");
        }

        var never = route.Notes.FirstOrDefault(n => n.StartsWith("Never reached", StringComparison.Ordinal));
        return never is not null ? s_text.Warn(never, "Move the weights of the rule that takes the requests.")
            : route.SharesBackends ? s_text.Warn("Other rules of the object send to the same destinations: rates and gates count their requests too.", null)
            : s_text.Pass("The rule is reached, and its destinations are its own.");
    }
}
