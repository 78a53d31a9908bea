using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// No pod gets far more than pods of this service carry now. What a pod can carry is not known; what the busiest one carries
/// is, and beyond a multiple of that nobody has seen it work.
/// </summary>
internal sealed class CapacityGuard : IGuard
{
    /// <summary>Load of a pod, as a multiple of the busiest one now, from which the change is refused.</summary>
    internal const double RefuseFrom = 3;

    /// <summary>The same, from which it is warned of.</summary>
    internal const double WarnFrom = 1.5;

    private static readonly GuardText s_text = new("capacity", "The pods can carry it", "A canary sized for five percent falls over at seventy.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Route is not { } route || route.Backends.Length != context.Plan.Backends.Length)
        {
            return s_text.Unknown("Load and replicas are not known: the route in the snapshot is not the planned one.", "Wait until the cluster has been read.");
        }

        var rates = route.Backends.Select(b => b.Live?.RequestsPerSecond).ToArray();
        if (rates.Any(r => r is null) || route.Backends.Any(b => b.ReadyReplicas is null))
        {
            return s_text.Warn("How much load a pod would get cannot be told: rate or replicas of a destination are not known.", "Watch saturation yourself.");
        }

        var total = rates.Sum()!.Value;
        var busiest = route.Backends.Select((b, i) => b.ReadyReplicas > 0 ? rates[i]!.Value / b.ReadyReplicas.Value : 0).Max();
        if (busiest <= 0)
        {
            return s_text.Pass("There is no traffic at the moment.");
        }

        GuardVerdict? warning = null;
        for (var i = 0; i < route.Backends.Length; i++)
        {
            // Destinations without a ready pod are the business of another guard.
            if (context.Next[i] == 0 || route.Backends[i].ReadyReplicas is not > 0)
            {
                continue;
            }

            var name = context.Plan.Backends[i].ShortName;
            var share = Plans.ChangePlan.ShareOf(context.Next, i) ?? 0;
            var perPod = share * total / route.Backends[i].ReadyReplicas!.Value;
            var fact = new GuardFact($"Load per pod of {name}", string.Create(CultureInfo.InvariantCulture, $"{perPod:0.##}/s, busiest now {busiest:0.##}/s"));
            var words = string.Create(CultureInfo.InvariantCulture, $"Each of the {route.Backends[i].ReadyReplicas} pods of {name} would get {perPod:0.##} requests/s, {perPod / busiest:0.#} times what the busiest pod carries now.");
            if (perPod >= RefuseFrom * busiest)
            {
                return s_text.RefuseUnlessBroken(context, words, "Scale it up before it gets this share, or take a smaller step.", fact);
            }

            warning = perPod >= WarnFrom * busiest ? s_text.Warn(words, "Consider more replicas.", fact) : warning;
        }

        return warning ?? s_text.Pass("No pod gets much more than the busiest one carries now.");
    }
}
