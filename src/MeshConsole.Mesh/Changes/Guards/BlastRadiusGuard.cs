using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Says whom the change reaches. It never refuses: it is there so that nobody can say they did not know.</summary>
internal sealed class BlastRadiusGuard : IGuard
{
    private static readonly GuardText s_text = new("blast-radius", "Whom it reaches", "Whoever decides shall know who calls, how much, and how critical it is.");

    public GuardVerdict Check(GuardContext context)
    {
        var target = context.Plan.Target;
        var critical = context.Policy.CriticalNamespaces.Contains(target.Namespace, StringComparer.Ordinal);
        var rates = context.Route?.Backends.Select(b => b.Live?.RequestsPerSecond).ToArray() ?? [];
        var rate = rates.Length == 0 || rates.Any(r => r is null) ? null : rates.Sum();
        var share = Plans.ChangePlan.ShareOf(context.Next, context.Plan.Canary);
        var words = rate is { } known && share is { } part
            ? string.Create(CultureInfo.InvariantCulture, $"{context.Plan.Backends[context.Plan.Canary].ShortName} would take {part * known:0.##} of {known:0.##} requests/s.")
            : "How many requests it reaches is not known.";
        return critical || rate is null
            ? s_text.Warn(critical ? $"{target.Namespace} is a critical namespace. {words}" : words, null, new GuardFact("Requests/s", rate?.ToString("0.##", CultureInfo.InvariantCulture)))
            : s_text.Pass(words, new GuardFact("Requests/s", rate.Value.ToString("0.##", CultureInfo.InvariantCulture)));
    }
}
