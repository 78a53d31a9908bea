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
        var uid = underWay && context.Change is { } begun ? begun.ExpectedUid : context.Base.Uid;
        var expected = underWay && context.Change is { } change ? change.ExpectedSpecHash : context.Base.SpecHash;
        GuardFact[] facts = [new("Expected", Short(expected)), new("Found", Short(live.SpecHash)), new("resourceVersion", live.ResourceVersion)];
        if (!string.Equals(live.Uid, uid, StringComparison.Ordinal))
        {
            if (context.Plan.Target.Policy is not null && context.Moment is GuardMoment.Rollback or GuardMoment.Stop)
            {
                // The write itself touches nothing that is not this change's: it would fail, not overwrite.
                return s_text.Warn("The object is not the one that this change left; the write back touches it only if it may.", null, [.. facts]);
            }

            if (uid.Length == 0 || live.IsAbsent)
            {
                return live.IsAbsent
                    ? s_text.Refuse("The object is not there any more.", "Plan the change again on what is there now.", [.. facts])
                    : s_text.Refuse("Somebody made an object of this name, where there was none.", "Look at it, and plan the change again on what is there now.", [.. facts]);
            }

            return s_text.Refuse("The object was deleted and made anew under the same name.", "Plan the change again on the new object.", [.. facts]);
        }

        if (string.Equals(live.SpecHash, expected, StringComparison.Ordinal))
        {
            return s_text.Pass(live.IsAbsent ? "There is no such object, as this change relies on." : "The object's spec is the one this change is about.", [.. facts]);
        }

        // Going back restores weights of a rule whose matches and destinations are tested by the patch itself.
        return context.Moment is GuardMoment.Rollback or GuardMoment.Stop
            ? s_text.Warn($"Somebody else changed the object; {(context.Plan.Target.Policy is null ? "only the weights of this rule are put back" : "only the mode is put back")}, all else stays as they left it.", null, [.. facts])
            : s_text.Refuse("Somebody else changed the object since.", "Look at the difference, and plan the change again on what is there now.", [.. facts]);
    }

    private static string Short(string hash) => hash[..Math.Min(12, hash.Length)];
}
