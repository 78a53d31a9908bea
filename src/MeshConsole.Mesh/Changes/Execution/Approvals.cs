using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Which decisions count.</summary>
public static class Approvals
{
    /// <summary>
    /// Approvals on the change's present hash, at most one per person, none by the requester. People are told apart by issuer
    /// and subject, so that a second token of the same person adds nothing.
    /// </summary>
    public static ImmutableArray<Approval> Counting(ChangeRecord change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return
        [
            .. change.Approvals
                .Where(a => a.Approved && string.Equals(a.PlanHash, change.PlanHash, StringComparison.Ordinal) && a.By.Person != change.Requester.Person)
                .GroupBy(a => a.By.Person)
                .Select(g => g.First()),
        ];
    }
}
