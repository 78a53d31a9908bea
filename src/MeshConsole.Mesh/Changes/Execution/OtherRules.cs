using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Rules besides a plan's own that send to its backends: telemetry counts their requests with those of the plan, and does not
/// say whose they are.
/// </summary>
/// <param name="Names">For people.</param>
/// <param name="Least">The smallest share that one of them gives the canary of what it sends to these backends, 0..1.</param>
/// <param name="Most">The largest; both are the whole range where one of them cannot be told.</param>
internal sealed record OtherRules(ImmutableArray<string> Names, double Least, double Most)
{
    /// <summary>There may be some: the mesh has not been read.</summary>
    public static OtherRules Unknown { get; } = new(["rules that have not been read yet"], 0, 1);

    /// <summary>Null when there are none.</summary>
    /// <param name="routes">Every rule that is known.</param>
    public static OtherRules? Of(ChangePlan plan, ImmutableArray<RouteView> routes)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var (least, most) = (1.0, 0.0);
        foreach (var route in routes.Where(r => r.Cluster == plan.Target.Cluster && r.Id != plan.Target.RouteId && CountsConnections(r.Protocol) == CountsConnections(plan.Target.Protocol)))
        {
            var common = route.Backends.Where(b => b.Share != 0 && plan.Backends.Any(p => Overlaps(p, b))).ToList();
            if (common.Count == 0)
            {
                continue;
            }

            names.Add($"{route.Object.Kind} {route.Object.Namespace}/{route.Object.Name} ({route.Summary})");
            var known = common.All(b => b.Share is not null && plan.Backends.Count(p => Overlaps(p, b)) == 1 && plan.Backends.Any(p => p.Subset == b.Subset && Overlaps(p, b)));
            var canary = known ? common.Where(b => Overlaps(plan.Backends[plan.Canary], b)).Sum(b => b.Share!.Value) / common.Sum(b => b.Share!.Value) : 0;
            (least, most) = known ? (Math.Min(least, canary), Math.Max(most, canary)) : (0, 1);
        }

        return names.Count == 0 ? null : new OtherRules(names.ToImmutable(), least, most);
    }

    /// <summary>
    /// The share that the canary may be seen to get once the rule gives it <paramref name="planned"/>. Null when that cannot be
    /// told.
    /// </summary>
    /// <remarks>
    /// Let f be the part of the traffic that others send, o what they give the canary, w what the rule gave it before, s what was
    /// seen then: s = f·o + (1 − f)·w, and afterwards f·o + (1 − f)·planned. s alone gives f where o is known; of a range of o the
    /// largest f that it allows is taken.
    /// </remarks>
    /// <param name="planned">What the rule gives the canary now, 0..1.</param>
    /// <param name="before">What it gave it before the change, 0..1; null when not known.</param>
    /// <param name="seen">What the canary was seen to get then; null when it was not measured, or not long enough undisturbed.</param>
    public static double? Due(double planned, double? before, double? seen, OtherRules? others)
    {
        if (others is null)
        {
            return planned >= before ? Math.Max(planned, seen ?? 0) : planned;
        }

        if (seen is not { } s || before is not { } w)
        {
            return null;
        }

        if (planned >= w)
        {
            return Math.Max(planned, s);
        }

        // Seen is as the rule gave it: others send nothing, or just as the rule did, which is told apart by nothing.
        if (s == w)
        {
            return others.Least <= w && w <= others.Most ? null : planned;
        }

        double? o = s > w ? (others.Least > s ? others.Least : null) : others.Most < s ? others.Most : null;
        return o is { } theirs ? Math.Max(planned, s + ((1 - ((s - w) / (theirs - w))) * (planned - w))) : null;
    }

    private static bool CountsConnections(string protocol) => protocol is "tcp" or "tls";

    private static bool Overlaps(PlanBackend planned, RouteBackend other) =>
        string.Equals(planned.Host, other.Host, StringComparison.OrdinalIgnoreCase) && (planned.Subset is null || other.Subset is null || planned.Subset == other.Subset);
}
