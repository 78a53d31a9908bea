using System.Globalization;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Enough people other than the requester said yes to exactly this plan, base and policy, and nobody said no.</summary>
internal sealed class ApprovalGuard : IGuard
{
    private static readonly GuardText s_text = new("approvals", "Enough people agree", "Four eyes see what two do not; an approval is for what was seen and nothing else.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is not (GuardMoment.Start or GuardMoment.Stage))
        {
            return s_text.NotAsked(context.Moment is GuardMoment.Stop or GuardMoment.Rollback ? "Not asked when going back." : "Asked before the change starts.");
        }

        if (context.Change is not { } change)
        {
            return s_text.Unknown("The change is not known.", "Ask for approval first.");
        }

        var given = Approvals.Counting(change);
        var facts = given.Select(a => new GuardFact("Approved by", $"{a.By.Name} at {a.At:u}")).Append(new GuardFact("Required", change.RequiredApprovals.ToString(CultureInfo.InvariantCulture)));
        return change.Approvals.FirstOrDefault(a => !a.Approved) is { } declined
            ? s_text.Refuse($"{declined.By.Name} declined: {declined.Comment}", "Make a new change that answers the objection.", [.. facts])
            : given.Length >= change.RequiredApprovals
                ? s_text.Pass(change.RequiredApprovals == 0 ? $"No approval is required: {change.ApprovalReason}" : string.Create(CultureInfo.InvariantCulture, $"{given.Length} of {change.RequiredApprovals} people approved."), [.. facts])
                : s_text.RefuseUnlessBroken(context, string.Create(CultureInfo.InvariantCulture, $"{given.Length} of {change.RequiredApprovals} people approved this plan as it is now."), "Ask approvers to decide.", [.. facts]);
    }
}
