using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Guards.Policies;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>All guards, in the order people read them: may I, is it mine, is it still that, is it sound, is it small enough, is it the time.</summary>
public static class GuardSet
{
    private static readonly ImmutableArray<IGuard> s_ofWeights =
    [
        new WritesEnabledGuard(),
        new RoleGuard(),
        new ClusterRightGuard(),
        new OwnerGuard(),
        new TargetUnchangedGuard(),
        new OneActiveChangeGuard(),
        new WeightsGuard(),
        new DestinationsGuard(),
        new ReadyReplicasGuard(),
        new CapacityGuard(),
        new RuleReachedGuard(),
        new StickySessionsGuard(),
        new RetryGuard(),
        new DryRunGuard(),
        new StageOrderGuard(),
        new StepSizeGuard(),
        new SoakGuard(),
        new BlastRadiusGuard(),
        new TelemetryGuard(),
        new GatesOnTrialGuard(),
        new ReasonGuard(),
        new ApprovalGuard(),
        new FreezeGuard(),
        new RateLimitGuard(),
    ];

    private static readonly ImmutableArray<IGuard> s_ofPolicies =
    [
        new WritesEnabledGuard(),
        new RoleGuard(),
        new ClusterRightGuard(),
        new OwnerGuard(),
        new TargetUnchangedGuard(),
        new OneActiveChangeGuard(),
        new StrictReadinessGuard(),
        new PolicyEffectGuard(),
        new ScopeOrderGuard(),
        new CaptureGuard(),
        new LeafCertificatesGuard(),
        new RefusalSightGuard(),
        new DryRunGuard(),
        new SoakGuard(),
        new PolicyReachGuard(),
        new TelemetryGuard(),
        new ReasonGuard(),
        new ApprovalGuard(),
        new FreezeGuard(),
        new RateLimitGuard(),
    ];

    /// <summary>Asks every guard of weights or of policies, whichever the plan is about. A guard that breaks is a refusal with its name, not an exception: the others are still shown.</summary>
    public static ImmutableArray<GuardVerdict> Check(GuardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return [.. (context.Plan.Target.Policy is null ? s_ofWeights : s_ofPolicies).Select(guard => Ask(guard, context))];
    }

    /// <summary>Whether every guard allows it.</summary>
    public static bool Allows(ImmutableArray<GuardVerdict> verdicts) => !verdicts.IsDefaultOrEmpty && verdicts.All(v => v.Allows);

    private static GuardVerdict Ask(IGuard guard, GuardContext context)
    {
        try
        {
            return guard.Check(context);
        }
#pragma warning disable CA1031 // Whatever goes wrong inside a guard must read as "not known", which refuses.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new GuardVerdict(guard.GetType().Name, guard.GetType().Name, GuardOutcome.Unknown, "The guard itself.", $"The guard could not judge: {exception.GetType().Name}.", "This is a fault of the console; the log of the server has the details. Nothing is written while it lasts.", []);
        }
    }
}
