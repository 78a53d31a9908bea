using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Components.Changes;

/// <summary>Shapes that go with a word; the shape alone tells them apart.</summary>
public enum MarkShape
{
    Good,
    Warn,
    Bad,
    Idle,
    Unknown,
    Going,
    Waiting,
    Halted,
}

/// <summary>Changes in words: states, effects in numbers, and who has to do what. Pure.</summary>
public static class ChangeWords
{
    public static string Word(ChangeState state) => state switch
    {
        ChangeState.Draft => "Draft",
        ChangeState.AwaitingApproval => "Awaiting approval",
        ChangeState.Approved => "Approved",
        ChangeState.Running => "Running",
        ChangeState.Paused => "Paused",
        ChangeState.Held => "Held",
        ChangeState.RollingBack => "Rolling back",
        ChangeState.Completed => "Completed",
        ChangeState.RolledBack => "Rolled back",
        ChangeState.Aborted => "Ended early",
        ChangeState.Rejected => "Declined",
        ChangeState.Expired => "Expired",
        _ => "Unknown",
    };

    public static MarkShape Shape(ChangeState state) => state switch
    {
        ChangeState.Draft or ChangeState.Aborted or ChangeState.Expired => MarkShape.Idle,
        ChangeState.AwaitingApproval or ChangeState.Approved => MarkShape.Waiting,
        ChangeState.Running => MarkShape.Going,
        ChangeState.Paused => MarkShape.Halted,
        ChangeState.Held or ChangeState.RolledBack => MarkShape.Warn,
        ChangeState.RollingBack or ChangeState.Rejected => MarkShape.Bad,
        ChangeState.Completed => MarkShape.Good,
        _ => MarkShape.Unknown,
    };

    public static string Word(GuardOutcome outcome) => outcome switch
    {
        GuardOutcome.Pass => "Passes",
        GuardOutcome.Warn => "Warns",
        GuardOutcome.Refuse => "Refuses",
        _ => "Not known, so it refuses",
    };

    public static MarkShape Shape(GuardOutcome outcome) => outcome switch
    {
        GuardOutcome.Pass => MarkShape.Good,
        GuardOutcome.Warn => MarkShape.Warn,
        GuardOutcome.Refuse => MarkShape.Bad,
        _ => MarkShape.Unknown,
    };

    public static string Word(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => "Passes",
        GateVerdict.Fail => "Fails",
        GateVerdict.InsufficientData => "Too little data, so it holds",
        _ => "Cannot tell, so it holds",
    };

    public static MarkShape Shape(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => MarkShape.Good,
        GateVerdict.Fail => MarkShape.Bad,
        GateVerdict.InsufficientData => MarkShape.Idle,
        _ => MarkShape.Unknown,
    };

    public static string Word(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.Applied => "Applied",
        WriteOutcome.NotApplied => "Not applied",
        WriteOutcome.Superseded => "Somebody else was first",
        _ => "Outcome not known yet",
    };

    public static MarkShape Shape(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.Applied => MarkShape.Good,
        WriteOutcome.NotApplied => MarkShape.Idle,
        WriteOutcome.Superseded => MarkShape.Warn,
        _ => MarkShape.Unknown,
    };

    /// <summary>Verdicts that keep a change from going on, most in the way first; then warnings, then the rest, in their order.</summary>
    public static IEnumerable<GuardVerdict> Ordered(ImmutableArray<GuardVerdict> verdicts) => verdicts.IsDefaultOrEmpty
        ? []
        : verdicts.OrderBy(verdict => verdict.Outcome switch { GuardOutcome.Refuse => 0, GuardOutcome.Unknown => 1, GuardOutcome.Warn => 2, _ => 3 });

    /// <summary>Shares in percent as <c>90 / 10</c>, in the order of the object; the weights themselves where they add up to nothing.</summary>
    public static string Split(ImmutableArray<int> weights)
    {
        var sum = weights.Sum(weight => (long)weight);
        return string.Join(" / ", weights.Select(weight => sum > 0
            ? Math.Round(weight * 100d / sum, 1).ToString("0.#", CultureInfo.InvariantCulture)
            : weight.ToString(CultureInfo.InvariantCulture)));
    }

    public static string Name(PlanBackend backend) => Format.Middle(backend.ShortName, 32);

    /// <summary>"90 / 10 → 50 / 50".</summary>
    public static string FromTo(ChangePlan plan) => plan.Stages.IsDefaultOrEmpty ? Say(plan, plan.BaseWeights) : $"{Say(plan, plan.BaseWeights)} → {Say(plan, plan.Stages[^1].Weights)}";

    /// <summary>Shares as <c>90 / 10</c>, or what a policy says: <c>STRICT</c>.</summary>
    public static string Say(ChangePlan plan, ImmutableArray<int> weights) => plan.Target.Policy is { } policy ? policy.Word(weights) : Split(weights);

    /// <summary>What changes, under the name of the object: the rule's matches, or whom a policy holds for.</summary>
    public static string Subject(ChangePlan plan) => plan.Target.Policy is { } policy
        ? $"mTLS mode of {Format.Middle(policy.Scope.ToString(), 60)}"
        : plan.Target.Matches.IsDefaultOrEmpty ? "all other requests" : Format.Middle(string.Join(", or ", plan.Target.Matches), 48);

    /// <summary>What goes from one to the other: the backends, or the policy.</summary>
    public static string Movers(ChangePlan plan) => plan.Target.Policy is null ? Backends(plan) : "PeerAuthentication";

    /// <summary>Backends in the order of the shares: "v1-stable / v2-new-provider".</summary>
    public static string Backends(ChangePlan plan) => string.Join(" / ", plan.Backends.Select(Name));

    /// <summary>Which requests the rule takes, to follow "for".</summary>
    public static string Requests(ChangeTarget target) => target.Policy is { } policy ? $"everybody who calls {Format.Middle(policy.Scope.ToString(), 80)}" : target.Matches.IsDefaultOrEmpty
        ? "all requests that no rule before it takes"
        : $"requests where {Format.Middle(string.Join(", or ", target.Matches.Take(4)), 160)}";

    /// <summary>What a write to these weights does, in numbers: what is confirmed.</summary>
    public static string Moves(ChangePlan plan, ImmutableArray<int> from, ImmutableArray<int> to) => plan.Target.Policy is { } policy
        ? $"PeerAuthentication {Format.Middle(plan.Target.Namespace, 40)}/{Format.Middle(plan.Target.Name, 60)} goes from {policy.Word(from)} to {policy.Word(to)}, for {Requests(plan.Target)}.{(policy.Word(to) == "STRICT" ? " Plaintext is refused from then on." : "")}"
        : $"{Format.Middle(plan.Target.Name, 60)} in {Format.Middle(plan.Target.Namespace, 40)} goes from {Split(from)} to {Split(to)} ({Backends(plan)}) for {Requests(plan.Target)}.";

    /// <summary>Weights that the console last saw applied; the base before that.</summary>
    public static ImmutableArray<int> InForce(ChangeRecord change) => change.ExpectedWeights;

    /// <summary>What comes next and who has to do it.</summary>
    public static string Next(ChangeRecord change)
    {
        var place = Format.Middle(change.Plan.Target.Namespace, 40);
        switch (change.State)
        {
            case ChangeState.Draft:
                return $"An operator of {place} has to ask for approval of it.";
            case ChangeState.AwaitingApproval:
                var missing = Math.Max(1, change.RequiredApprovals - change.ApprovalsGiven);
                var who = missing == 1 ? $"An approver of {place}" : $"{Format.Count(missing)} approvers of {place}";
                return $"{who}, other than {Format.Middle(change.Requester.Name, 60)}, {(missing == 1 ? "has" : "have")} to decide{Until(change)}.";
            case ChangeState.Approved:
                return $"An operator of {place} has to start it{Until(change)}.";
            case ChangeState.Running:
                return change.Stage + 1 < change.Plan.Stages.Length
                    ? "Nobody has to act: the next stage follows when the soak is over and all gates pass; a gate that fails takes it back."
                    : "Nobody has to act: it is complete when the soak is over and all gates pass; a gate that fails takes it back.";
            case ChangeState.Paused:
                return $"An operator of {place} has to resume it, end it or take it back. Its gates stay armed.";
            case ChangeState.Held when change.WantsApproval:
                return $"An approver of {place}, other than {Format.Middle(change.Requester.Name, 60)}, has to approve it, or what was taken away is given back: then it goes on by itself. An operator may take it back.";
            case ChangeState.Held:
                return change.Hold is { ByItself: true }
                    ? "Nobody has to act: it goes on by itself once the cause is gone. An operator may take it back."
                    : $"An operator of {place} has to look at the cause, then resume it, end it or take it back.";
            case ChangeState.RollingBack:
                return change.Return is { Escalation: { } escalation }
                    ? $"Somebody has to help: {Format.End(escalation, 300)}"
                    : "Nobody has to act: it ends when the object and the traffic show it.";
            default:
                return "Nothing: it has ended.";
        }
    }

    /// <summary>Whether the reader is one of those who have to act: approvers who have not decided, or whoever has it in hand.</summary>
    public static bool WaitsFor(ChangeRecord change, Actor reader)
    {
        var place = change.Plan.Target.Namespace;
        var own = change.IsOwn(reader) || change.Executor?.Person == reader.Person;
        return change.State switch
        {
            _ when change.WantsApproval => MayDecide(change, reader) is null,
            ChangeState.Draft or ChangeState.Approved or ChangeState.Paused => own && reader.HasIn(Role.Operator, place),
            ChangeState.Held => own && change.Hold is not { ByItself: true } && reader.HasIn(Role.Operator, place),
            ChangeState.RollingBack => change.Return?.Escalation is not null && reader.HasIn(Role.Operator, place),
            _ => false,
        };
    }

    /// <summary>Why the reader cannot decide on it, a sentence; null when they can as far as this page knows.</summary>
    public static string? MayDecide(ChangeRecord change, Actor reader)
    {
        if (!reader.HasIn(Role.Approver, change.Plan.Target.Namespace))
        {
            return $"Approvers of {Format.Middle(change.Plan.Target.Namespace, 40)} decide; you are not one.";
        }

        if (change.IsOwn(reader))
        {
            return "You asked for this change: somebody else has to decide on it.";
        }

        return change.Approvals.Any(approval => approval.Struck is null && approval.By.Person == reader.Person && string.Equals(approval.PlanHash, change.PlanHash, StringComparison.Ordinal))
            ? "You have decided on this plan."
            : null;
    }

    /// <summary>Why the reader cannot carry it, a sentence; null when they can as far as this page knows.</summary>
    public static string? MayOperate(string @namespace, Actor reader) => reader.HasIn(Role.Operator, @namespace)
        ? null
        : $"Operators of {Format.Middle(@namespace, 40)} may do this; you {(reader.Has(Role.Operator) ? "are an operator of other namespaces" : reader.Has(Role.Approver) ? "are an approver" : "read as viewer")}.";

    /// <summary>Errors ÷ requests; null when either is not known or nothing was requested.</summary>
    public static double? ErrorRatio(GateCounts? counts) => counts is { Requests: > 0 and var requests, Errors: { } errors } ? errors / requests : null;

    private static string Until(ChangeRecord change) => change.ExpiresAt is { } at ? $" before {Format.Instant(at)}" : "";
}
