namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>No controller and no Git repository would undo the write.</summary>
internal sealed class OwnerGuard : IGuard
{
    private static readonly GuardText s_text = new("owner", "Nobody else steers it", "What a controller or Git puts back is worse than no change: traffic jumps at a moment nobody chose.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Plan.Target.Policy is not null)
        {
            return OfPolicy(context);
        }

        if (context.Route is not { } route)
        {
            return context.Moment == GuardMoment.Stop
                ? s_text.Warn("Who owns the object is not known; an emergency stop goes ahead and looks whether it holds.", null)
                : s_text.Unknown("Who owns the object is not known: the route is not in the snapshot.", "Wait until the cluster has been read.");
        }

        return Judge(context, route.Owner);
    }

    private static GuardVerdict OfPolicy(GuardContext context)
    {
        var target = context.Plan.Target;
        if (context.Cluster is not { Objects.PeerAuthentications.IsDefault: false } cluster)
        {
            return s_text.Unknown("Who owns the policy is not known: PeerAuthentications have not been read.", "Wait until the cluster has been read.");
        }

        var watched = cluster.Objects.PeerAuthentications.FirstOrDefault(p => p.Meta.Namespace == target.Namespace && p.Meta.Name == target.Name);
        return (watched, context.Live) switch
        {
            (null, { IsAbsent: true }) => s_text.Pass("There is no such object yet."),
            ({ } found, { IsAbsent: false } live) when found.Meta.Uid == live.Uid => Judge(context, RouteOwners.Of(found.Meta, [])),
            _ when context.Moment is GuardMoment.Rollback or GuardMoment.Stop => s_text.Warn("Who owns the object is not known; going back is allowed all the same.", null),
            _ => s_text.Unknown("Who owns the object is not known: what is watched is not what the API server has now.", "Wait a moment; the watch follows within seconds."),
        };
    }

    private static GuardVerdict Judge(GuardContext context, RouteOwner owner)
    {
        GuardFact[] facts = [new("Owner", owner.Name is null ? owner.Kind : $"{owner.Kind} {owner.Name}")];
        return owner switch
        {
            { Kind: "none" } => s_text.Pass("No controller and no Git tool has left its mark on the object."),
            { Writable: true } => s_text.Warn(owner.Message ?? $"{owner.Kind} knows the object.", null, [.. facts]),
            _ when context.Moment == GuardMoment.Stop => s_text.Warn($"{owner.Message} An emergency stop goes ahead; stop the owner too, or it will not hold.", null, [.. facts]),
            _ => s_text.Refuse(owner.Message ?? $"{owner.Kind} owns the object.", "Make the change there.", [.. facts]),
        };
    }
}
