namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>No controller and no Git repository would undo the write.</summary>
internal sealed class OwnerGuard : IGuard
{
    private static readonly GuardText s_text = new("owner", "Nobody else steers it", "A weight that a controller or Git puts back is worse than none: traffic jumps at a moment nobody chose.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Route is not { } route)
        {
            return context.Moment == GuardMoment.Stop
                ? s_text.Warn("Who owns the object is not known; an emergency stop goes ahead and looks whether it holds.", null)
                : s_text.Unknown("Who owns the object is not known: the route is not in the snapshot.", "Wait until the cluster has been read.");
        }

        var owner = route.Owner;
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
