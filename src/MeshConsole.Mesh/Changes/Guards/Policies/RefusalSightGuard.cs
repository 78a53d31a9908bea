using System.Globalization;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>
/// Says what the gates cannot see. A caller without a proxy that is refused leaves no sample in the request metrics of either
/// end; only the callee's listener counts it, where Istio's proxies are told to.
/// </summary>
internal sealed class RefusalSightGuard : IGuard
{
    private static readonly GuardText s_text = new("refusal-sight", "Refusals would be seen", "A caller without a proxy that is turned away complains nowhere but in its own log.");

    public GuardVerdict Check(GuardContext context) => context switch
    {
        { Moment: GuardMoment.Stop or GuardMoment.Rollback } => s_text.NotAsked("Not asked when going back."),
        { Reach: { Tightens: false } } => s_text.Pass("Nothing is refused afterwards that is taken now."),
        { Sight: null } => s_text.Warn("Whether the proxies count plaintext that they turn away is not known: Prometheus did not say.", null),
        { Sight: { Counting: 0, All: > 0 } sight } => s_text.Warn(
            "No proxy that it reaches counts plaintext that it turns away: callers without a proxy that are refused cannot be seen. The gates see those with a proxy.",
            $"Set {RefusalSight.HowToCount} and restart the pods.",
            Fact(sight)),
        { Sight: { } sight } when sight.Counting < sight.All => s_text.Warn(
            string.Create(CultureInfo.InvariantCulture, $"{sight.Counting} of {sight.All} proxies that it reaches count plaintext that they turn away: what the others refuse cannot be seen."),
            $"Set {RefusalSight.HowToCount} and restart the pods.",
            Fact(sight)),
        { Sight: { } sight } => s_text.Pass("Every proxy that it reaches counts plaintext that it turns away: one refusal takes the change back.", Fact(sight)),
    };

    private static GuardFact Fact(RefusalSight sight) => new("Proxies with envoy_listener_no_filter_chain_match", string.Create(CultureInfo.InvariantCulture, $"{sight.Counting} of {sight.All}"));
}
