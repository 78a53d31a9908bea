namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// The API server lets this person write this object, and take it back. Asked as the person: the console's own account is never a fallback.
/// </summary>
internal sealed class ClusterRightGuard : IGuard
{
    private static readonly GuardText s_text = new("cluster-right", "The cluster lets you", "The cluster's own rights decide, at request and again at each write.");

    public GuardVerdict Check(GuardContext context)
    {
        var target = context.Plan.Target;
        if (context.Actor.ClusterIdentity is not { } identity)
        {
            return s_text.Refuse($"{context.Actor.Name} has no identity in cluster {target.Cluster}, and the console does not write as itself.", "Sign in as somebody the cluster knows.");
        }

        var verbs = string.Join(" and ", target.Verbs(context.Moment is GuardMoment.Rollback or GuardMoment.Stop));
        return context.Access switch
        {
            null => s_text.Unknown($"Whether {identity.User} may {verbs} {target.Kind} {target.Namespace}/{target.Name} could not be asked.", "Look at the sources at the top: the API server of the cluster has to answer.", new GuardFact("User", identity.User)),
            { Allowed: true } => s_text.Pass($"{identity.User} may {verbs} {target.Kind} {target.Namespace}/{target.Name}.", new GuardFact("User", identity.User), new GuardFact("Reason", context.Access.Reason)),
            _ => s_text.Refuse(
                $"The cluster does not let {identity.User} {verbs} {target.Kind} {target.Namespace}/{target.Name}.",
                $"Grant the person (or their group) the verb {verbs} on this kind in this namespace, or ask somebody who has it.",
                new GuardFact("User", identity.User),
                new GuardFact("Reason", context.Access.Reason)),
        };
    }
}
