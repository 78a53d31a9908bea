using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Everything outside that changes touch: what <see cref="ChangeService"/> and <see cref="ChangeExecutor"/> are made of.</summary>
public sealed record ExecutionParts
{
    /// <summary>Characters of a diff that are kept.</summary>
    internal const int LongestDiff = 16_000;

    public required IChangeStore Store { get; init; }

    public required IAuditLog Audit { get; init; }

    public required ITargetWriter Targets { get; init; }

    public required IGateReader Gates { get; init; }

    public required IMeshSnapshots Snapshots { get; init; }

    public required IMeshViews Views { get; init; }

    public required IPlanWorkshop Plans { get; init; }

    public required IWriteControls Controls { get; init; }

    public required IChangeNotices Notices { get; init; }

    /// <summary>Whether plaintext may be refused; null where nobody can tell, and then no policy that refuses it is written.</summary>
    public IStrictReadiness? Readiness { get; init; }

    /// <summary>All guards over one context.</summary>
    public required Func<GuardContext, ImmutableArray<GuardVerdict>> Guards { get; init; }

    /// <summary>All gates over one piece of evidence and the looks before it.</summary>
    public required Func<GateEvidence, GateSettings, ImmutableArray<GateLook>, GateLook> Evaluate { get; init; }

    /// <summary>The policy in force; read anew for every decision.</summary>
    public required Func<ChangePolicy> Policy { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>
    /// The actor as the console knows them now, null when they lost their access: asked for every request, every round of
    /// guards and every write, so that roles taken away hold what is under way; of approvers too, who are long gone by then.
    /// Where that cannot be found out it throws, which reads as "not known" and passes nothing. By default everybody is taken at
    /// their word of then.
    /// </summary>
    public Func<Actor, Actor?> Current { get; init; } = static actor => actor;

    /// <summary>The actor as the console knows them now; without any role when they lost their access, or that is not known.</summary>
    internal Actor AsOfNow(Actor actor) => Look(actor).Now ?? actor with { Roles = [] };

    /// <summary>The approvals that count by their plan, each with what is known now of who gave it.</summary>
    internal ImmutableArray<ApproverNow> ApproversOf(ChangeRecord change) => [.. Approvals.Counting(change).Select(approval =>
    {
        var (now, problem) = Look(approval.By);
        return new ApproverNow(approval, now, problem);
    })];

    /// <summary>The actor as the console knows them now, or why it does not.</summary>
    internal (Actor? Now, string? Problem) Look(Actor actor)
    {
        try
        {
            return (Current(actor), null);
        }
#pragma warning disable CA1031 // Whatever keeps somebody from being known must read as "not known".
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (null, Printable.Text(exception.Message, 200));
        }
    }

    /// <summary>What these weights make of the object, as text to keep: bounded, since records are read and written whole.</summary>
    internal string DiffToKeep(ChangePlan plan, LiveTarget live, ImmutableArray<int> weights)
    {
        var diff = Plans.Diff(plan.Target, plan.Backends, live, weights);
        if (diff.Length <= LongestDiff)
        {
            return diff;
        }

        var end = diff.LastIndexOf('\n', LongestDiff - 1) + 1;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{diff[..(end > 0 ? end : LongestDiff)]}… {diff.Length - (end > 0 ? end : LongestDiff)} characters more\n");
    }

    /// <summary>What receivers are told of a change as it is about to be stored; nothing without a type.</summary>
    internal ImmutableArray<Notification> NoticesOf(string? type, ChangeRecord change) => type is null ? [] : Notices.Of(new ChangeNotice(type, change, change.StateReason, change.UpdatedAt));

    /// <summary>Who is told of stored changes within this process.</summary>
    public ChangeFeed Feed { get; init; } = new();
}

/// <summary>Tells pages and the executor of this process that a change was stored.</summary>
public sealed class ChangeFeed
{
    public event Action<string>? Changed;

    public void Raise(string id) => Changed?.Invoke(id);
}
