using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// Enough people other than the requester said yes to exactly this plan, base and policy, may still say so, and nobody said
/// no. An approval counts as long as whoever gave it could give it: asked at the start and before each stage.
/// </summary>
internal sealed class ApprovalGuard : IGuard
{
    private static readonly GuardText s_text = new(ChangeRecord.ApprovalsGuard, "Enough people agree", "Four eyes see what two do not; an approval is for what was seen, by somebody who may decide, and nothing else.");

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

        if (change.Approvals.FirstOrDefault(a => !a.Approved) is { } declined)
        {
            return s_text.Refuse($"{declined.By.Name} declined: {declined.Comment}", "Make a new change that answers the objection.");
        }

        if (change.RequiredApprovals == 0)
        {
            return s_text.Pass($"No approval is required: {change.ApprovalReason}");
        }

        return context.Approvers is { } approvers ? Judge(context, change.RequiredApprovals, approvers) : s_text.Unknown("Whether those who approved may still do so was not asked.", "This is a fault of the console: nothing is written while it lasts.");
    }

    private static GuardVerdict Judge(GuardContext context, int required, ImmutableArray<ApproverNow> approvers)
    {
        var place = context.Plan.Target.Namespace;
        var lost = approvers.Where(a => a.Lost(place) is not null).ToList();
        var open = approvers.Where(a => a.Problem is not null).ToList();
        var given = approvers.Length - lost.Count - open.Count;
        ImmutableArray<GuardFact> facts =
        [
            .. approvers.Except(lost).Except(open).Select(a => new GuardFact("Approved by", $"{a.Approval.By.Name} at {a.Approval.At:u}")),
            .. lost.Select(a => new GuardFact("Does not count any more", $"{a.Lost(place)}; approved at {a.Approval.At:u}")),
            .. open.Select(a => new GuardFact("Not known", $"what {a.Approval.By.Name} may now: {a.Problem}")),
            new GuardFact("Required", required.ToString(CultureInfo.InvariantCulture)),
        ];
        var gone = string.Concat(lost.Select(a => $" {a.Lost(place)}: the approval of {a.Approval.At:u} does not count any more."));
        if (given >= required)
        {
            return s_text.Pass(string.Create(CultureInfo.InvariantCulture, $"{given} of {required} people approved.{gone}"), facts);
        }

        var found = string.Create(CultureInfo.InvariantCulture, $"{given} of {required} people approved this plan as it is now.{gone}");
        var refused = s_text.RefuseUnlessBroken(
            context,
            found,
            lost.Count == 0 ? "Ask approvers to decide." : $"Ask another approver of {place} to approve it, or give back what was taken away; if neither is right, roll back or abort.",
            facts);
        return refused.Allows || given + open.Count < required
            ? refused
            : s_text.Unknown($"{found} Whether {string.Join(" and ", open.Select(a => a.Approval.By.Name))} may still approve cannot be told: {open[0].Problem}", "It counts again once that is known; until then nothing is written.", facts);
    }
}
