namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>One change at a time per object.</summary>
internal sealed class OneActiveChangeGuard : IGuard
{
    private static readonly GuardText s_text = new("one-active", "No other change is under way", "Two plans on one object would measure each other's traffic and undo each other's weights.");

    public GuardVerdict Check(GuardContext context) =>
        context.OtherActive is not { } other ? s_text.Pass("No other change is active on this object.")
        : context.Moment is GuardMoment.Preview or GuardMoment.Submit ? s_text.Warn($"Change {other.Id} of {other.Requester.Name} is under way on this object; this one can be started when it has ended.", "Wait for it, or ask its owner.", new GuardFact("Change", other.Id))
        : context.Moment is GuardMoment.Stop ? s_text.Warn($"Change {other.Id} is under way; the stop ends it.", null, new GuardFact("Change", other.Id))
        : s_text.Refuse($"Change {other.Id} of {other.Requester.Name} is under way on this object ({other.State}).", "Wait until it has ended, or abort it.", new GuardFact("Change", other.Id));
}
