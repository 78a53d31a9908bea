using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>Says whom the policy reaches. It never refuses: it is there so that nobody can say they did not know.</summary>
internal sealed class PolicyReachGuard : IGuard
{
    private static readonly GuardText s_text = new("blast-radius", "Whom it reaches", "Whoever decides shall know which workloads change, who calls them, and how much.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Reach is not { } reach)
        {
            return s_text.Warn("Whom it reaches is not known: PeerAuthentications have not been read.", null);
        }

        var callers = Exposure.Callers(context.Cluster, context.Plan);
        var rate = Exposure.RateOf(context.Cluster, context.Plan);
        ImmutableArray<GuardFact> facts =
        [
            new("Workloads", string.Join(", ", reach.Watched.Take(20).Select(w => $"{w.Id.Namespace}/{w.Id.Name}"))),
            new("Callers", callers.Length.ToString(CultureInfo.InvariantCulture)),
            new("Requests/s", rate?.ToString("0.##", CultureInfo.InvariantCulture)),
        ];
        var changed = reach.Changed.Count(w => w.Enforces);
        var words = string.Create(CultureInfo.InvariantCulture, $"The mode of {changed} workload{(changed == 1 ? "" : "s")} changes; {callers.Length} caller{(callers.Length == 1 ? "" : "s")} of {(changed == 0 ? "those it is meant for" : changed == 1 ? "it" : "them")} {(callers.Length == 1 ? "is" : "are")} seen, with {(rate is { } known ? $"{known:0.##} requests/s" : "a rate that is not known")}.");
        var critical = context.Namespaces().FirstOrDefault(n => context.Policy.CriticalNamespaces.Contains(n, StringComparer.Ordinal));
        return critical is not null ? s_text.Warn($"{critical} is a critical namespace. {words}", null, facts) : rate is null ? s_text.Warn(words, null, facts) : s_text.Pass(words, facts);
    }
}
