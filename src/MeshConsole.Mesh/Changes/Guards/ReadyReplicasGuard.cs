using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Whoever gets more traffic has pods that are ready.</summary>
internal sealed class ReadyReplicasGuard : IGuard
{
    private static readonly GuardText s_text = new("ready", "The canary is ready", "Weights follow pods, never the other way round: traffic to a version without ready pods is lost.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Route is not { } route || route.Backends.Length != context.Plan.Backends.Length)
        {
            return context.Moment is GuardMoment.Stop or GuardMoment.Rollback
                ? s_text.Warn("Replicas are not known at the moment; these weights were in force before.", null)
                : s_text.Unknown("Replicas are not known: the route in the snapshot is not the planned one.", "Wait until the cluster has been read.");
        }

        GuardVerdict? warning = null;
        for (var i = 0; i < route.Backends.Length; i++)
        {
            var (backend, name) = (route.Backends[i], context.Plan.Backends[i].ShortName);
            if (context.Next[i] == 0)
            {
                continue;
            }

            var facts = new GuardFact($"Ready replicas of {name}", string.Create(CultureInfo.InvariantCulture, $"{backend.ReadyReplicas?.ToString(CultureInfo.InvariantCulture) ?? "not known"} of {backend.DesiredReplicas?.ToString(CultureInfo.InvariantCulture) ?? "not known"}"));
            switch (backend)
            {
                case { ReadyReplicas: null } when context.Moment is not (GuardMoment.Stop or GuardMoment.Rollback):
                    return s_text.Unknown($"How many pods of {name} are ready is not known.", "The destination must be a workload the console can see.", facts);
                case { ReadyReplicas: 0 } when context.Moment == GuardMoment.Stop:
                    warning = s_text.Warn($"No pod of {name} is ready, and the stop sends everything there.", "Scale it up at once.", facts);
                    break;
                case { ReadyReplicas: 0 }:
                    return s_text.Refuse($"No pod of {name} is ready.", "Scale it up, and wait until its pods are ready.", facts);
                case { ReadyReplicas: { } ready, DesiredReplicas: { } desired } when ready < desired:
                    warning = s_text.Warn(string.Create(CultureInfo.InvariantCulture, $"{ready} of {desired} pods of {name} are ready."), "See why the others are not.", facts);
                    break;
                default:
                    break;
            }
        }

        return warning ?? s_text.Pass("Every destination that gets traffic has ready pods.");
    }
}
