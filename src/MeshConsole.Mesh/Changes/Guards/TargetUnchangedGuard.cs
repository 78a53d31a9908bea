namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>The object is the one that was planned for and approved, or as the change itself left it.</summary>
internal sealed class TargetUnchangedGuard : IGuard
{
    private static readonly GuardText s_text = new("target-unchanged", "The target is as you saw it", "A change is decided on what people saw. What changed since needs a new look.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Live is not { } live)
        {
            return s_text.Unknown(context.LiveProblem ?? "The target could not be read.", "Look at the route again, or wait until the API server answers.");
        }

        // Under way, the change itself moved the weights: what counts then is how its last write left the object.
        var underWay = context.Moment is GuardMoment.Stage or GuardMoment.Rollback or GuardMoment.Stop;
        var expected = underWay && context.Change is { } change ? change.ExpectedSpecHash : context.Base.SpecHash;
        GuardFact[] facts = [new("Expected", Short(expected)), new("Found", Short(live.SpecHash)), new("resourceVersion", live.ResourceVersion)];
        if (!string.Equals(live.Uid, context.Base.Uid, StringComparison.Ordinal))
        {
            return s_text.Refuse("The object was deleted and made anew under the same name.", "Plan the change again on the new object.", [.. facts]);
        }

        if (string.Equals(live.SpecHash, expected, StringComparison.Ordinal))
        {
            return s_text.Pass("The object's spec is the one this change is about.", [.. facts]);
        }

        // Going back restores weights of a rule whose matches and destinations are tested by the patch itself.
        return context.Moment is GuardMoment.Rollback or GuardMoment.Stop
            ? s_text.Warn("Somebody else changed the object; only the weights of this rule are put back, all else stays as they left it.", null, [.. facts])
            : s_text.Refuse("Somebody else changed the object since.", "Look at the difference, and plan the change again on what is there now.", [.. facts]);
    }

    private static string Short(string hash) => hash[..Math.Min(12, hash.Length)];
}
