using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Endpoints;

/// <summary>A change as REST shows it. People are named by issuer, subject and name; where they sat stands in the audit only.</summary>
/// <param name="Notes">What the plan does otherwise than the request may have expected.</param>
/// <param name="Diff">Unified diff of the object's YAML from the base to the first stage, as whoever decides was shown it; null where none was kept, and in lists.</param>
/// <param name="FinalDiff">The same to the last stage.</param>
public sealed record ChangeView(
    string Id,
    long Version,
    ChangeState State,
    string StateReason,
    string? RouteId,
    ChangePlan Plan,
    ChangeBase Base,
    string PlanHash,
    string PolicyHash,
    PersonView Requester,
    PersonView? Executor,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ExpiresAt,
    int RequiredApprovals,
    string ApprovalReason,
    ImmutableArray<ApprovalView> Approvals,
    ImmutableArray<GuardVerdict> Guards,
    int Stage,
    ImmutableArray<StageProgress> Progress,
    ImmutableArray<WriteView> Writes,
    ImmutableArray<string> Notes,
    string? Diff,
    string? FinalDiff)
{
    /// <summary>Without the texts that only whoever opens one change reads.</summary>
    public static ChangeView InList(ChangeRecord change)
    {
        var view = Of(change);
        return view with { Diff = null, FinalDiff = null, Writes = [.. view.Writes.Select(write => write with { Diff = null })] };
    }

    public static ChangeView Of(ChangeRecord change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new ChangeView(
            change.Id,
            change.Version,
            change.State,
            change.StateReason,
            change.Plan.Target.Policy is null ? change.Plan.Target.RouteId : null,
            change.Plan,
            change.Base,
            change.PlanHash,
            change.PolicyHash,
            PersonView.Of(change.Requester),
            change.Executor is { } executor ? PersonView.Of(executor) : null,
            change.CreatedAt,
            change.UpdatedAt,
            change.ExpiresAt,
            change.RequiredApprovals,
            change.ApprovalReason,
            [.. change.Approvals.Select(approval => new ApprovalView(PersonView.Of(approval.By), approval.Approved, approval.Comment, approval.At, approval.PlanHash, approval.Struck is null && string.Equals(approval.PlanHash, change.PlanHash, StringComparison.Ordinal), approval.Struck))],
            change.Guards,
            change.Stage,
            change.Progress,
            [.. change.Writes.Select(WriteView.Of)],
            change.Notes,
            Kept(change.Diff),
            Kept(change.FinalDiff));
    }

    internal static string? Kept(string diff) => diff.Length == 0 ? null : diff;
}

public sealed record PersonView(string Issuer, string Subject, string Name)
{
    public static PersonView Of(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return new PersonView(actor.Issuer, actor.Subject, actor.Name);
    }
}

/// <param name="Counts">Whether it was given on the plan, base and policy as they are now, and nothing struck it out.</param>
/// <param name="Struck">Who lost what, so that it does not count any more; null while nothing strikes it out.</param>
public sealed record ApprovalView(PersonView By, bool Approved, string Comment, DateTimeOffset At, string PlanHash, bool Counts, string? Struck);

/// <param name="Patch">The body as it was sent: a JSON patch, or the object that <paramref name="Verb"/> created, or the preconditions of its deletion.</param>
/// <param name="Verb"><c>patch</c>, <c>create</c> or <c>delete</c>.</param>
/// <param name="Diff">Unified diff of the object's YAML as the write met it; null where none was kept, and in lists.</param>
public sealed record WriteView(
    string Id,
    string Purpose,
    ImmutableArray<int> Weights,
    JsonElement Patch,
    string ResourceVersionBefore,
    DateTimeOffset IntendedAt,
    WriteOutcome Outcome,
    DateTimeOffset? SettledAt,
    string? ResourceVersionAfter,
    string? AuditId,
    string? Message,
    string Verb,
    string? Diff)
{
    public static WriteView Of(ChangeWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var patch = JsonDocument.Parse(write.Patch);
        return new WriteView(write.Id, write.Purpose, write.Weights, patch.RootElement.Clone(), write.ResourceVersionBefore, write.IntendedAt, write.Outcome, write.SettledAt, write.ResourceVersionAfter, write.AuditId, write.Message, write.Verb, ChangeView.Kept(write.Diff));
    }
}
