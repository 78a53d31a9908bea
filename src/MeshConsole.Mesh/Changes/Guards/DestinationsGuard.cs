namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Every destination that shall get traffic exists: its Service, and its subset in a DestinationRule.</summary>
internal sealed class DestinationsGuard : IGuard
{
    private static readonly GuardText s_text = new("destinations", "Hosts and subsets exist", "Traffic to a host or subset that is not defined fails with 503.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Route is not { } route)
        {
            return context.Moment is GuardMoment.Stop or GuardMoment.Rollback
                ? s_text.Warn("Destinations are not known at the moment; these weights were in force before.", null)
                : s_text.Unknown("Destinations are not known: the route is not in the snapshot.", "Wait until the cluster has been read.");
        }

        for (var i = 0; i < context.Plan.Backends.Length; i++)
        {
            var backend = context.Plan.Backends[i];
            if (context.Next[i] == 0 && context.Plan.Stages.All(s => s.Weights.Length <= i || s.Weights[i] == 0))
            {
                continue;
            }

            var note = route.Notes.FirstOrDefault(n => n.Contains(backend.ShortName, StringComparison.Ordinal) && (n.Contains("is not defined", StringComparison.Ordinal) || n.StartsWith("No Service", StringComparison.Ordinal) || n.Contains("is not known", StringComparison.Ordinal)));
            if (note is not null)
            {
                return note.Contains("is not known", StringComparison.Ordinal)
                    ? s_text.Unknown(note, "Wait until DestinationRules have been read, or grant the console the right to read them.")
                    : s_text.Refuse(note, "Create the Service, or define the subset in the DestinationRule, before traffic is sent there.");
            }
        }

        return s_text.Pass("Every destination that gets traffic is defined.");
    }
}
