using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Guards.Policies;

/// <summary>
/// Nobody whose plaintext would be refused is needed (mesh-facts 4.4). Blockers refuse whatever anybody breaks: they name callers
/// that will fail. What is merely not proven may be let through under a break-glass.
/// </summary>
internal sealed class StrictReadinessGuard : IGuard
{
    private const int MostNamed = 3;

    private static readonly GuardText s_text = new("strict-readiness", "Nobody needs plaintext", "Whoever still speaks plaintext is cut off the moment it is refused.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        if (context.Reach is not { } reach)
        {
            return s_text.Unknown("Whom the policy reaches is not known: PeerAuthentications have not been read.", "Wait until the cluster has been read.");
        }

        if (!reach.Tightens)
        {
            return s_text.Pass("Nothing is refused afterwards that is taken now.");
        }

        if (context.Readiness is not { } readiness)
        {
            return s_text.Unknown("Whether anybody needs plaintext could not be asked.", "The history of the mesh has to be readable: look at the sources at the top.");
        }

        var facts = Facts(readiness);
        return readiness.Verdict switch
        {
            ReadinessVerdict.Blocked => s_text.Refuse(Words(readiness.Blockers), Fixes(readiness.Blockers) ?? "Move these callers to mutual TLS first, or except their port with PERMISSIVE.", facts),
            ReadinessVerdict.Unproven => s_text.RefuseUnlessBroken(context, $"It is not proven that nobody needs plaintext. {Words(readiness.Unproven)}", Fixes(readiness.Unproven) ?? "Wait until the look-back is covered.", facts),
            ReadinessVerdict.Ready => readiness.Warnings.IsEmpty
                ? s_text.Pass($"No plaintext in {DurationWords.Of(readiness.Lookback)}, and no caller is known that would be refused.", facts)
                : s_text.Warn($"No plaintext in {DurationWords.Of(readiness.Lookback)}; and yet: {Words(readiness.Warnings)}", Fixes(readiness.Warnings), facts),
            _ => throw new ArgumentOutOfRangeException(nameof(context), readiness.Verdict, null),
        };
    }

    private static string Words(ImmutableArray<ReadinessFinding> findings) => findings.Length <= MostNamed
        ? string.Join(" ", findings.Select(f => f.Message))
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(" ", findings.Take(MostNamed).Select(f => f.Message))} And {findings.Length - MostNamed} more.");

    private static string? Fixes(ImmutableArray<ReadinessFinding> findings) =>
        findings.Select(f => f.Fix).OfType<string>().Distinct(StringComparer.Ordinal).Take(MostNamed).ToList() is { Count: > 0 } fixes ? string.Join(" ", fixes) : null;

    private static ImmutableArray<GuardFact> Facts(StrictReadiness readiness) =>
    [
        new("Look-back", $"{DurationWords.Of(readiness.Lookback)} until {readiness.At:u}"),
        .. readiness.Blockers.Concat(readiness.Unproven).Concat(readiness.Warnings)
            .Take(20)
            .SelectMany(f => f.Evidence.Take(4).Select(e => new GuardFact($"{f.Code}{(f.Workload is null ? "" : $" {f.Workload}")}: {e.Name}", e.Value))),
    ];
}
