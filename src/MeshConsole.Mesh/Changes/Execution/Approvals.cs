using System.Collections.Immutable;
using MeshConsole.Mesh.Access;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Which decisions count.</summary>
public static class Approvals
{
    /// <summary>
    /// Approvals on the change's present hash that nothing struck out, at most one per person, none by whoever asked for it.
    /// People are told apart by issuer and subject, so that a second token of the same person adds nothing. Whether those people
    /// may still approve is asked separately: <see cref="ApproverNow"/>.
    /// </summary>
    public static ImmutableArray<Approval> Counting(ChangeRecord change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return
        [
            .. change.Approvals
                .Where(a => a is { Approved: true, Struck: null } && string.Equals(a.PlanHash, change.PlanHash, StringComparison.Ordinal) && !change.IsOwn(a.By))
                .GroupBy(a => a.By.Person)
                .Select(g => g.First()),
        ];
    }

    /// <summary>Those of the approvals that do not count any more, with the reason.</summary>
    internal static ImmutableArray<LostApproval> Lost(ImmutableArray<ApproverNow> approvers, string @namespace) =>
        [.. approvers.Select(a => (a.Approval.By.Person, Why: a.Lost(@namespace))).Where(a => a.Why is not null).Select(a => new LostApproval(a.Person, a.Why!))];
}

/// <summary>An approval that counts by its plan, and what is known now of who gave it.</summary>
/// <param name="Now">They, with what their credential gives them now; null when it gives nothing any more, or that is not known.</param>
/// <param name="Problem">Why it is not known; null when it is.</param>
public sealed record ApproverNow(Approval Approval, Actor? Now, string? Problem = null)
{
    /// <summary>Who lost what, a clause; null while nothing says that they may not approve there any more.</summary>
    public string? Lost(string @namespace)
    {
        var then = Approval.By;
        return this switch
        {
            { Problem: not null } => null,
            { Now: null } => $"{then.Name}'s {(then.Credential is { } credential ? $"credential {credential}" : "access")} was taken away",
            _ when Now.HasIn(Role.Approver, @namespace) => null,
            _ => Now.Has(Role.Approver) ? $"{then.Name} is an approver, but not in {@namespace} any more" : $"{then.Name} is not an approver any more",
        };
    }
}

/// <summary>An approval that does not count any more.</summary>
/// <param name="Why">Who lost what, a clause.</param>
internal sealed record LostApproval(PersonId Who, string Why);
