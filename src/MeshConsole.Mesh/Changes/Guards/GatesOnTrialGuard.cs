using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Says that nobody but the tripwire stops a plan whose gates only observe.</summary>
internal sealed class GatesOnTrialGuard : IGuard
{
    private static readonly GuardText s_text = new("gates-on-trial", "The gates decide", "Gates that only observe neither hold nor roll back.");

    public GuardVerdict Check(GuardContext context)
    {
        var gates = context.Plan.Gates;
        return gates.ObserveOnly
            ? s_text.Warn(
                string.Create(CultureInfo.InvariantCulture, $"The gates of this plan are on trial: their verdicts are recorded and decide nothing. Only the tripwire rolls back, from {gates.TripwireRequests} requests on at {gates.TripwireErrorRatio * 100:0.##} % failures."),
                "Watch the stages yourself. Approvals follow the rule for high risk.",
                new GuardFact("gates.observeOnly", "true"))
            : s_text.Pass("The gates of this plan hold it and take it back.", new GuardFact("gates.observeOnly", "false"));
    }
}
